"""Data, a tiny base and the trainer's process, without the rest of the product."""

import json
import os
import random
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from research.trainings.trainer.events import read_events
from research.trainings.trainer.spec import EVENTS, Spec

ROOT = Path(__file__).parents[2]
PYTHON, VLLM = os.environ.get("TRAIN_PYTHON", ""), os.environ.get("TRAIN_VLLM", "")
SMALL = {
    "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_NO_USAGE_STATS": "1",
}  # fmt: skip
THINGS = ["tent", "lamp", "shoe", "bottle", "mug", "kettle", "knife", "board", "phone", "case", "cable", "charger"]


def chat(asked: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


def data_written(folder: Path, train: int = 320, validation: int = 16) -> Path:
    folder.mkdir(parents=True)
    lot = random.Random(0)
    for name, n in (("train", train), ("validation", validation)):
        pairs = [lot.sample(THINGS, 2) for _ in range(n)]
        lines = [chat(f"Why buy a {a} and a {b}?", f"They are used for {lot.choice(THINGS)}.") for a, b in pairs]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def vllm_is_small(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the CPU, in float32. Prompts in one piece: cut in pieces, calls with a seed end vLLM 0.32 on the CPU."""
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    settings.VLLM_COMMAND = VLLM
    whole = "--no-enable-chunked-prefill --max-num-batched-tokens 4096"
    settings.VLLM_ARGUMENTS = f"--dtype float32 --enforce-eager --max-model-len 1024 {whole}"


def base_made(place: Path, data: Path, *more: str) -> Path:
    script = ROOT / "tests/train/make_tiny_base.py"
    subprocess.run([PYTHON, script, place, data, *more], check=True, capture_output=True)
    return place


def spec_written(folder: Path, data: Path, base: Path, **more: Any) -> Path:
    folder.mkdir()
    settings = {"rank": 8, "steps": 40, "lr": 5e-3, "log_every": 5, "save_every": 10, "max_length": 128, **more}
    Spec(name=folder.name, data=str(data), base=str(base), **settings).write(folder)
    return folder


def trainer(folder: Path) -> subprocess.Popen:
    command = [PYTHON, "-m", "research.trainings.trainer.main", folder]
    log = (folder / "log").open("ab")
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)


def heard(folder: Path, event: str) -> list[dict[str, Any]]:
    return [each for each in read_events(folder / EVENTS)[0] if each["event"] == event]


def until_step(process: subprocess.Popen, folder: Path, step: int) -> None:
    while not any(each["step"] == step for each in heard(folder, "loss")):
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        time.sleep(0.02)


def losses(folder: Path) -> dict[tuple[str, int], float]:
    """By kind and step; of a step that was computed twice, the last."""
    kinds = ("loss", "validation")
    return {(each["event"], each["step"]): each["loss"] for kind in kinds for each in heard(folder, kind)}
