"""Beside the data: what LLaMA-Factory and axolotl read to start at once, and a card for people."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowledge.instructions.records import SPLITS

TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
AXOLOTL = """\
# For axolotl: name the base, look at the rest, then `axolotl train axolotl.yaml` in this folder.
base_model: NAME_OR_PATH
datasets:
  - path: train.jsonl
    ds_type: json
    split: train
    type: chat_template
    field_messages: messages
    message_property_mappings:
      role: role
      content: content
    roles_to_train: [assistant]
test_datasets:
  - path: validation.jsonl
    ds_type: json
    split: train
    type: chat_template
    field_messages: messages
    message_property_mappings:
      role: role
      content: content
    roles_to_train: [assistant]
train_on_inputs: false
sequence_len: 2048
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_linear: true
micro_batch_size: 4
gradient_accumulation_steps: 4
num_epochs: 2
learning_rate: 0.0002
seed: {seed}
output_dir: ./out
"""
CARD = """\
# Instruction data from run {run}

Made by Mindsite {version} on {at}; made by rules where the backend is `baseline` (here: `{backend}`, model `{model}`).
Chats of one question and one answer, split by {split_by}: what is in one split is in no other.

| split | {heads} |
|---|{rule}|
{rows}

## Left out
{excluded}
{left_out}

## To train on it
- TRL: `load_dataset("json", data_files={{"train": "train.jsonl"}})`, column `messages`.
- LLaMA-Factory: `dataset_dir` is this folder, `dataset: mindsite_train`; `dataset_info.json` names the columns.
- axolotl: `axolotl.yaml` in this folder.

`manifest.json` has every count, the seed and the checksums. Titles are the catalog's: its licence holds for them.
"""


def frameworks_write(folder: Path, made: Mapping[str, Any]) -> None:
    """Of the tasks without pictures: those with pictures are an image folder, which neither reads."""
    info = {f"mindsite_{split}": _described(f"{split}.jsonl") for split in SPLITS}
    (folder / "dataset_info.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")
    (folder / "axolotl.yaml").write_text(AXOLOTL.format(seed=made["seed"]), encoding="utf-8")
    (folder / "README.md").write_text(_card(made), encoding="utf-8")


def _described(name: str) -> dict[str, Any]:
    return {"file_name": name, "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": TAGS}


def _card(made: Mapping[str, Any]) -> str:
    by_split = made["records"]["by_split"]
    tasks = sorted({task for counts in by_split.values() for task in counts})
    rows = [
        f"| {split} | {' | '.join(f'{by_split.get(split, {}).get(task, 0):,}' for task in tasks)} |" for split in SPLITS
    ]
    benchmarks = [
        f"- Of the benchmark {each['name']} ({each['sha256'][:7]}): its {each['pairs']:,} pairs, and texts that are "
        f"one of its {each['option_texts']:,} options{', and its products' if each['products_excluded_too'] else ''}."
        for each in made["excluded_benchmarks"]
    ]
    return CARD.format(
        run=made["run"]["name"], backend=made["run"]["backend"], model=made["run"]["model"],
        version=made["software"]["version"], at=made["snapshot"], split_by=made["split_by"],
        heads=" | ".join(tasks), rule="---|" * (len(tasks) - 1) + "---", rows="\n".join(rows),
        excluded="\n".join(benchmarks) or "- No benchmark: whoever evaluates on one should exclude it.",
        left_out="\n".join(f"- {n:,} x {why}" for why, n in made["left_out"].items()) or "- nothing else",
    )  # fmt: skip
