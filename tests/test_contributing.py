"""CONTRIBUTING.md names files to open and what to look for in them: both are there, names where they are defined."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CELL = r"`([^`]+)`"
CHANGES = re.findall(rf"^\| ([^|]+) \| {CELL} \| {CELL} \|$", TEXT, re.M)
# Of the lists of files to touch: not those that the newcomer is to make, as <name>.py.
TOUCHED = re.findall(rf"^\| {CELL}(?:, {CELL})? \|", TEXT, re.M)


def defined_in(path: Path) -> set[str]:
    """Names bound at the top of a module, and the keys of its tables."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(ast.unparse(target) for target in targets)
            if isinstance(node.value, ast.Dict):
                names.update(key.value for key in node.value.keys if isinstance(key, ast.Constant))
    return names


def test_fifteen_changes_have_a_place_to_begin() -> None:
    assert len({change for change, _, _ in CHANGES}) == len(CHANGES) == 15


@pytest.mark.parametrize(("change", "file", "name"), CHANGES)
def test_the_file_to_open_first_holds_what_is_to_be_changed(change: str, file: str, name: str) -> None:
    path = ROOT / file
    if path.suffix == ".py":
        assert name in defined_in(path)
    else:
        assert name in path.read_text(encoding="utf-8")


def test_files_to_touch_are_there() -> None:
    files = [(first, second) for first, second in TOUCHED if "<" not in first]
    missing = [
        name
        for first, second in files
        for name in filter(None, (first, second and f"{Path(first).parent}/{second}"))
        if not (ROOT / name).is_file()
    ]
    assert (len(files) > 15, missing) == (True, [])


def test_links_lead_somewhere() -> None:
    assert [to for to in re.findall(r"\]\(([^)#:]+)\)", TEXT) if not (ROOT / to).exists()] == []


def test_the_architecture_names_what_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `([\w/.]+)`", text, re.M)
    assert (len(rooms) > 15, [room for room in rooms if not (ROOT / room).exists()]) == (True, [])
    assert [to for to in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / "docs" / to).exists()] == []
