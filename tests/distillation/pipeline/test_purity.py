import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
IMPURE = {"django", "celery", "mindsite", "annotation"}
FILES = sorted((*ROOT.glob("distillation/pipeline/**/*.py"), *ROOT.glob("distillation/lvlm/**/*.py")))


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_impure_import_is_written(path: Path):
    assert not {name for name in imported(path) if name.split(".")[0] in IMPURE}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_ours_is_imported_from_the_pure_packages_only(path: Path):
    ours = {name for name in imported(path) if name.startswith("distillation")}
    assert all(name.startswith(("distillation.pipeline", "distillation.lvlm")) for name in ours)


def test_nothing_impure_is_loaded():
    names = [str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__") for path in FILES]
    code = f"import sys, {', '.join(names)}; print(sorted({IMPURE!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
