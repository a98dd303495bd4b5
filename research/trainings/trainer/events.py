"""What the trainer says, a line of JSON each, in a file: whoever reads it may die, and read it again from the start."""

import json
import os
import time
from pathlib import Path
from typing import Any


class Refused(Exception):
    """What was asked for can't be trained; one line for the person who asked."""


class Events:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._began = time.monotonic()
        _end_line(path)

    def say(self, event: str, **more: Any) -> None:
        line = {"event": event, "at": round(time.time(), 3), "after": round(time.monotonic() - self._began, 2), **more}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _end_line(path: Path) -> None:
    """A process that was killed may have left half a line: what follows must not be glued to it."""
    if path.exists() and path.stat().st_size:
        with path.open("rb+") as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")


def read_events(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """(the whole lines from this byte on, the byte after them); a line that is no JSON is passed over."""
    if not path.exists():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        text = file.read()
    whole = text[: text.rfind(b"\n") + 1]
    return [line for line in map(_parsed, whole.splitlines()) if line], offset + len(whole)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        made = json.loads(line)
    except ValueError:
        return {}
    return made if isinstance(made, dict) and "event" in made else {}
