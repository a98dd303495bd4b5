"""What the pure packages really load; what they are written to import is import-linter's to hold (`make lint`)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMPURE = {"django", "celery", "scipy", "mindsite", "annotation", "research.models"}


@pytest.mark.parametrize(
    "package", ["stats", "distillation/lvlm", "distillation/pipeline", "distillation/treatments", "research/questions"]
)
def test_nothing_impure_is_loaded(package: str):
    files = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / package).rglob("*.py")]
    names = [".".join(path.parts).removesuffix(".__init__") for path in files]
    code = f"import sys, {', '.join(names)}; print(sorted({IMPURE!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
