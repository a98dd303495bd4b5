"""A new environment takes the old one's place once it works, and not before."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[2]
# Stands for Python: `-m venv` makes an environment of itself, and what is pinned as "broken" can't be installed.
PYTHON = """#!/bin/sh
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *" install "*) ! grep -q broken requirements.lock ;;
    "manage.py check") ! grep -q unfit requirements.lock ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    shutil.copy(BASE / "deploy" / "environment.sh", tmp_path / "deploy")
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def setup(checkout: Path, pinned: str) -> subprocess.CompletedProcess:
    (checkout / "requirements.lock").write_text(pinned)
    words = [checkout / "deploy" / "environment.sh", checkout / "python"]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_another_requirement_brings_another_environment_and_leaves_the_one_before(checkout: Path) -> None:
    assert setup(checkout, "one").returncode == 0
    first = (checkout / ".venv").resolve()
    assert setup(checkout, "two").returncode == 0
    second = (checkout / ".venv").resolve()
    assert (first != second, first.exists(), second.exists()) == (True, True, True)
    assert setup(checkout, "three").returncode == 0
    assert (first.exists(), second.exists()) == (False, True)


@pytest.mark.parametrize("pinned", ["broken", "unfit"])
def test_what_does_not_work_leaves_all_as_it_was(pinned: str, checkout: Path) -> None:
    setup(checkout, "one")
    before = os.readlink(checkout / ".venv")
    done = setup(checkout, pinned)
    assert (done.returncode, os.readlink(checkout / ".venv")) == (1, before)
    assert ".venv is as it was" in done.stderr
    assert [path.name for path in (checkout / ".venvs").iterdir()] == [Path(before).name]


def test_a_folder_of_an_older_version_is_put_aside(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    assert setup(checkout, "one").returncode == 0
    assert (checkout / ".venv").is_symlink()
    assert (checkout / ".venvs" / "before" / "bin").exists()


def pins(text: str) -> dict[str, str]:
    """Names as PEP 503 writes them, without extras."""
    found = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def test_the_lock_has_what_is_pinned_and_a_digest_of_each() -> None:
    locked = (BASE / "requirements.lock").read_text()
    assert pins(locked) == pins((BASE / "requirements.txt").read_text())
    entries = re.split(r"\n(?=[a-z])", locked.partition("\n")[2])
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
