"""LoRA by TRL and PEFT, told in events."""

import json
import math
import os
import platform
import shutil
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.update(TOKENIZERS_PARALLELISM="false", WANDB_DISABLED="true", HF_HUB_DISABLE_TELEMETRY="1")

import torch
import torch.distributed as dist
from peft import LoraConfig
from safetensors.torch import load_file
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from trl import SFTConfig, SFTTrainer

from common.drafts import sha256
from research.trainings.trainer.checkpoints import newest_whole, numbered, seal
from research.trainings.trainer.control import Control
from research.trainings.trainer.events import Events, Refused
from research.trainings.trainer.records import learnt, records
from research.trainings.trainer.spec import ADAPTER, CHECKPOINTS, TEXT, Spec

PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers", "numpy")
KEPT = 3  # checkpoints


class Told(TrainerCallback):
    """Losses and checkpoints as events; stops, as told, at a step that is logged, so that a resumed training logs the
    same means as one that went through."""

    def __init__(self, spec: Spec, folder: Path, events: Events, control: Control) -> None:
        self.spec, self.folder, self.events, self.control = spec, folder, events, control
        self.stopped = False
        self._last = (time.monotonic(), 0)

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._last = (time.monotonic(), state.num_input_tokens_seen)

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._last = (time.monotonic(), int(state.num_input_tokens_seen))  # the rate is that of training alone

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        if not state.is_world_process_zero:
            return
        if "eval_loss" in logs:
            self.events.say("validation", step=state.global_step, loss=logs["eval_loss"])
        elif "loss" in logs:
            self._loss(state, logs)

    def _loss(self, state: TrainerState, logs: dict[str, Any]) -> None:
        now, tokens = time.monotonic(), int(state.num_input_tokens_seen)
        before, were = self._last
        self._last = now, tokens
        if not math.isfinite(logs["loss"]):
            raise Refused(f"The loss is {logs['loss']} at step {state.global_step}: start anew with a smaller --lr")
        rate = (tokens - were) / max(now - before, 1e-9)
        self.events.say(
            "loss", step=state.global_step, loss=logs["loss"], lr=logs.get("learning_rate"), tokens=tokens,
            rate=round(rate, 1), memory=torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None,
        )  # fmt: skip

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if state.global_step % self.spec.log_every or state.global_step >= state.max_steps:
            return
        if _everybody(self.control.stop):
            self.stopped = True
            control.should_save = control.should_training_stop = True

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if dist.is_initialized():
            dist.barrier()  # each process writes its own state of chance
        if state.is_world_process_zero:
            seal(self.folder / CHECKPOINTS / f"checkpoint-{state.global_step}")
            self.events.say("checkpoint", step=state.global_step)
        self._last = (time.monotonic(), int(state.num_input_tokens_seen))


def train(spec: Spec, folder: Path, events: Events) -> None:
    """Raises Refused before anything is computed."""
    set_seed(spec.seed)
    tokenizer = _tokenizer(spec)
    data = records(Path(spec.data), folder / "cache", tokenizer, spec.max_length)
    told = Told(spec, folder, events, Control())
    trainer = _trainer(spec, folder, tokenizer, data, told)
    first = trainer.is_world_process_zero()
    if first:
        events.say("started", **_facts(trainer, data))
    start, damaged = newest_whole(folder / CHECKPOINTS) if first else (None, [])
    start = _of_the_first(start)
    if first and (start or damaged):
        events.say("resumed", step=start[0] if start else 0, damaged=damaged)
    trainer.train(resume_from_checkpoint=str(start[1]) if start else None)
    if told.stopped:
        if first:
            events.say("stopped", step=trainer.state.global_step)
        return
    trainer.save_model(str(folder / f"{ADAPTER}.draft"))
    if first:
        events.say("done", step=trainer.state.global_step, **_finished(folder, tokenizer))


def _everybody(stop: bool) -> bool:
    """What the first process was told, for all of them: alone it would wait for the others for ever."""
    if not dist.is_initialized():
        return stop
    flag = torch.tensor([int(stop)], device="cuda" if torch.cuda.is_available() else "cpu")
    dist.broadcast(flag, src=0)
    return bool(flag.item())


def _of_the_first(start: tuple[int, Path] | None) -> tuple[int, Path] | None:
    if not dist.is_initialized():
        return start
    held = [start]
    dist.broadcast_object_list(held, src=0)
    return held[0]


def _tokenizer(spec: Spec) -> PreTrainedTokenizerBase:
    try:
        tokenizer = AutoTokenizer.from_pretrained(spec.base)
    except (OSError, ValueError) as error:
        raise Refused(f"--base {spec.base}: no model can be read there ({_short(error)})") from error
    if spec.chat_template:
        tokenizer.chat_template = spec.chat_template
    if not tokenizer.chat_template:
        raise Refused(
            f"--base {spec.base} has no chat template: take its instruction-tuned twin, or give --chat-template FILE"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _model(spec: Spec) -> PreTrainedModel:
    on_gpu = torch.cuda.is_available()
    more: dict[str, Any] = {"dtype": torch.bfloat16 if _bf16() else torch.float32}
    if spec.qlora:
        if not on_gpu:
            raise Refused("--qlora needs a GPU: leave it away to train on the CPU")
        more["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=more["dtype"],
        )  # fmt: skip
    try:
        return AutoModelForCausalLM.from_pretrained(spec.base, **more)
    except ImportError as error:
        raise Refused(f"--qlora needs bitsandbytes beside TRL ({_short(error)})") from error
    except (OSError, ValueError) as error:
        raise Refused(f"--base {spec.base}: no text model can be read there ({_short(error)})") from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _bf16() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported()


def _trainer(
    spec: Spec, folder: Path, tokenizer: PreTrainedTokenizerBase, data: dict[str, Any], told: Told
) -> SFTTrainer:
    validates = "validation" in data
    config = SFTConfig(
        output_dir=str(folder / CHECKPOINTS), seed=spec.seed, data_seed=spec.seed,
        num_train_epochs=spec.epochs, max_steps=spec.steps or -1, per_device_train_batch_size=spec.batch,
        per_device_eval_batch_size=spec.batch, gradient_accumulation_steps=spec.gather,
        learning_rate=spec.lr, lr_scheduler_type="cosine", warmup_steps=0.03,
        logging_steps=spec.log_every, logging_nan_inf_filter=False,
        save_strategy="steps", save_steps=spec.save_every, save_total_limit=KEPT,
        eval_strategy="steps" if validates else "no", eval_steps=spec.save_every,
        max_length=spec.max_length, packing=False, dataset_kwargs={"skip_prepare_dataset": True},
        bf16=_bf16(), use_cpu=not torch.cuda.is_available(), gradient_checkpointing=torch.cuda.is_available(),
        include_num_input_tokens_seen="non_padding", report_to="none", disable_tqdm=True, dataloader_num_workers=0,
    )  # fmt: skip
    lora = LoraConfig(
        r=spec.rank, lora_alpha=2 * spec.rank, lora_dropout=0.05, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    return SFTTrainer(
        model=_model(spec), args=config, train_dataset=data["train"], eval_dataset=data.get("validation"),
        processing_class=tokenizer, callbacks=[told], peft_config=lora,
    )  # fmt: skip


def _facts(trainer: SFTTrainer, data: dict[str, Any]) -> dict[str, Any]:
    """What the page tells of the start; the number of steps as the trainer will count them."""
    train, args = data["train"], trainer.args
    a_step = args.per_device_train_batch_size * args.gradient_accumulation_steps * max(args.world_size, 1)
    batches = math.ceil(len(train) / (args.per_device_train_batch_size * max(args.world_size, 1)))
    an_epoch = max(math.ceil(batches / args.gradient_accumulation_steps), 1)
    steps = args.max_steps if args.max_steps > 0 else math.ceil(args.num_train_epochs * an_epoch)
    return {
        "steps": steps, "a_step": a_step, "records": len(train), "validation": len(data.get("validation", ())),
        "learnt_an_epoch": learnt(train), "cut": train.n_cut, "without": train.n_read - len(train),
        "device": _device(), "precision": "bf16" if _bf16() else "float32",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
    }  # fmt: skip


def _device() -> str:
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}"
    return f"CPU, {torch.get_num_threads()} threads"


def _finished(folder: Path, tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """The adapter, read back and then renamed: complete or absent."""
    draft, place = folder / f"{ADAPTER}.draft", folder / ADAPTER
    tokenizer.save_pretrained(draft)
    weights = load_file(draft / TEXT)
    if not all(bool(torch.isfinite(each).all()) for each in weights.values()):
        raise Refused("The adapter has weights that are no numbers: train anew with a smaller --lr")
    settings = json.loads((draft / "adapter_config.json").read_text(encoding="utf-8"))
    shutil.rmtree(place, ignore_errors=True)
    draft.rename(place)
    return {
        "sha256": sha256(place / TEXT), "bytes": (place / TEXT).stat().st_size, "tensors": len(weights),
        "rank": settings["r"], "checkpoints": [step for step, _ in numbered(folder / CHECKPOINTS)],
    }  # fmt: skip
