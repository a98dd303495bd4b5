"""A training with its data, and what a trainer would have said of it."""

import json
from pathlib import Path
from typing import Any

from research.models import Training
from research.trainings.services import training_start
from research.trainings.trainer.spec import Spec

CHAT = {"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "For light."}]}
STARTED = {
    "event": "started", "at": 1.0, "steps": 20, "a_step": 8, "records": 80, "validation": 8, "learnt_an_epoch": 400,
    "cut": 0, "without": 1, "device": "CPU, 1 threads", "precision": "float32", "versions": {"torch": "2.13.0"},
}  # fmt: skip
DONE = {"event": "done", "at": 9.0, "step": 20, "sha256": "ab" * 32, "bytes": 9, "tensors": 2, "rank": 16}


def data(tmp_path: Path, *records: Any) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "train.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records or [CHAT]))
    return folder


def training(tmp_path: Path, name: str = "t", **more: Any) -> Training:
    folder = tmp_path / "data"
    where = folder if folder.exists() else data(tmp_path)
    return training_start(spec=Spec(name=name, data=str(where), base="tiny", log_every=5, save_every=10, **more))[0]


def loss(step: int, value: float, at: float = 0) -> dict[str, Any]:
    return {"event": "loss", "at": at or float(step), "step": step, "loss": value, "lr": 0.1, "tokens": 100 * step,
            "rate": 50.0, "memory": None}  # fmt: skip
