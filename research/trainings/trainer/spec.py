"""What one training is told, as a file in its folder; standard library only, for both Pythons read it."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

SPEC, EVENTS, CHECKPOINTS, ADAPTER, LOG = "spec.json", "events.jsonl", "checkpoints", "adapter", "trainer.log"
TEXT = "adapter_model.safetensors"
SERVED_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM makes room for


def served_rank(rank: int) -> int:
    return next(each for each in SERVED_RANKS if each >= rank)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """`steps` overrides `epochs`; a step is `batch` x `gather` records on each device."""

    name: str
    data: str
    base: str
    rank: int = 16
    epochs: float = 2.0
    lr: float = 2e-4
    seed: int = 0
    steps: int | None = None
    batch: int = 8
    gather: int = 1
    max_length: int = 1024
    log_every: int = 10
    save_every: int = 100
    qlora: bool = False
    chat_template: str = ""

    def problem(self) -> str:
        """Empty where it can be trained with."""
        for name in ("rank", "batch", "gather", "max_length", "log_every", "save_every"):
            if getattr(self, name) < 1:
                return f"--{name.replace('_', '-')} {getattr(self, name)}: give a whole number of at least 1"
        rules = {
            f"--rank {self.rank}: give at most {SERVED_RANKS[-1]}, which is what vLLM serves": (
                self.rank <= SERVED_RANKS[-1]
            ),
            f"--steps {self.steps}: give a whole number of at least 1": self.steps is None or self.steps >= 1,
            f"--epochs {self.epochs:g}: give a number over 0 and under 1,000": 0 < self.epochs < 1_000,
            f"--lr {self.lr:g}: give a number over 0 and under 1": 0 < self.lr < 1,
            f"--seed {self.seed}: give a whole number from 0 to 4,294,967,295": 0 <= self.seed < 2**32,
            # The loss of a logged step is a mean since the last one; a resumed training could not repeat it.
            f"--save-every {self.save_every}: give a multiple of --log-every ({self.log_every})": not (
                self.save_every % self.log_every
            ),
        }
        return next((told for told, holds in rules.items() if not holds), "")

    def write(self, folder: Path) -> None:
        (folder / SPEC).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Spec":
        return cls(**{each.name: config[each.name] for each in fields(cls) if each.name in config})
