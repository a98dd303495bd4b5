"""Folders that one can look over, files that one can read."""

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOPS = (
    "accounts", "annotation", "api", "benchmarks", "common", "distillation", "knowledge", "mindsite", "research",
    "stats", "tests", "webhooks",
)  # fmt: skip
MODULES = [path for top in TOPS for path in sorted((ROOT / top).rglob("*.py")) if "migrations" not in path.parts]
MOST_MODULES, MOST_LINES, MOST_ENTRIES = 20, 350, 14


def test_no_folder_has_more_modules_than_one_looks_over() -> None:
    folders = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert {str(folder): n for folder, n in folders.items() if n > MOST_MODULES} == {}


def test_no_file_is_longer_than_one_reads() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in MODULES}
    assert {name: n for name, n in lines.items() if n > MOST_LINES} == {}


def test_annotation_has_few_rooms() -> None:
    entries = {path.name for path in (ROOT / "annotation").iterdir()} - {"__init__.py", "__pycache__"}
    assert len(entries) <= MOST_ENTRIES, sorted(entries)
