"""A tiny Mistral on the CPU, killed at step 25 of 40 and gone on with: are the logged losses those of one that ran
through, also from a damaged checkpoint? The cases are those of tests/train; it wants `make setup-train`."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.bars import holds, show

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(os.environ.get("TRAIN_PYTHON") or ROOT / ".venv-train/bin/python")
CASES = {
    "test_a_killed_training_goes_on_as_if_nothing_had_been": "killed at step 25 of 40: the same losses",
    "test_a_damaged_checkpoint_falls_back_to_the_one_before": "newest checkpoint damaged: falls back, the same losses",
}


def main() -> int:
    if not PYTHON.is_file():
        print(f"  left out: there is no Python to train with at {PYTHON}; make setup-train makes it")
        return 0
    return sum(not show(holds(words, _passes(case))) for case, words in CASES.items())


def _passes(case: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-n0", "-q", f"tests/train/test_trainer.py::{case}"]
    environment = {**os.environ, "TRAIN_PYTHON": str(PYTHON)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
