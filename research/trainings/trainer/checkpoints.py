"""Checkpoints with a seal: what a whole one holds, so that a damaged one is told before it is resumed from."""

import json
import os
import re
import shutil
from pathlib import Path

from common.drafts import sha256

SEAL = "seal.json"
NAMED = re.compile(r"checkpoint-(\d+)\Z")


def seal(folder: Path) -> None:
    """Written last: a checkpoint without it was not finished."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != SEAL]
    held = {str(path.relative_to(folder)): [path.stat().st_size, sha256(path)] for path in files}
    for path in files:
        _to_disk(path)
    draft = folder / f".{SEAL}"
    draft.write_text(json.dumps(held, indent=1), encoding="utf-8")
    _to_disk(draft)
    os.replace(draft, folder / SEAL)


def damage(folder: Path) -> str:
    """In words; empty where it is whole."""
    try:
        held = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "it was not written to its end"
    except ValueError:
        return f"{SEAL} can't be read"
    for name, (size, digest) in held.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if (has := path.stat().st_size) != size:
            return f"{name} has {has:,} of {size:,} bytes"
        if sha256(path) != digest:
            return f"{name} has other content than was written"
    return ""


def numbered(folder: Path) -> list[tuple[int, Path]]:
    """(step, checkpoint), the newest first."""
    found = [(int(match[1]), path) for path in folder.glob("checkpoint-*") if (match := NAMED.match(path.name))]
    return sorted(found, reverse=True)


def newest_whole(folder: Path) -> tuple[tuple[int, Path] | None, list[tuple[int, str]]]:
    """(step and checkpoint to go on from, or None; step and damage of those passed over, which are removed)."""
    damaged: list[tuple[int, str]] = []
    for step, path in numbered(folder):
        if not (why := damage(path)):
            return (step, path), damaged
        damaged.append((step, why))
        shutil.rmtree(path, ignore_errors=True)
    return None, damaged


def unfinished_remove(folder: Path) -> None:
    """What a full disk left half-written takes room that the next try needs."""
    for _, path in numbered(folder):
        if not (path / SEAL).exists():
            shutil.rmtree(path, ignore_errors=True)


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
