"""Files of requests, cut where a limit is reached."""

from __future__ import annotations

import os
import uuid
from collections.abc import Container
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path

from distillation.lvlm.base import Subject
from distillation.lvlm.batch.lines import request_line
from distillation.lvlm.openai.abilities import Abilities


@dataclass(frozen=True, slots=True)
class Asked:
    custom_id: str
    subject: Subject
    tries: int
    lessons: int


@dataclass(slots=True)
class RequestFile:
    """All of its requests are made for a server of the same abilities."""

    path: Path
    can: Abilities
    calls: list[Asked] = field(default_factory=list)
    size: int = 0  # bytes

    @property
    def key(self) -> str:
        return self.path.stem


class RequestFiles:
    """Those in `full` are on disk to stay; whoever takes them puts their calls on record."""

    def __init__(self, folder: Path, *, most_lines: int, most_bytes: int) -> None:
        self._folder, self._most_lines, self._most_bytes = folder, most_lines, most_bytes
        self._open: tuple[RequestFile, BufferedWriter] | None = None
        self.full: list[RequestFile] = []

    def add(self, asked: Asked, body: bytes, can: Abilities) -> None:
        line = request_line(asked.custom_id, body)
        if self._open and not self._fits(self._open[0], len(line), can):
            self.close()
        if not self._open:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self.path(uuid.uuid4().hex)
            self._open = RequestFile(path, can), path.open("xb")
        file, out = self._open
        out.write(line)
        file.calls.append(asked)
        file.size += len(line)

    def _fits(self, file: RequestFile, more: int, can: Abilities) -> bool:
        return file.can == can and len(file.calls) < self._most_lines and file.size + more <= self._most_bytes

    def path(self, key: str) -> Path:
        return self._folder / f"{key}.jsonl"

    def close(self) -> None:
        if not self._open:
            return
        file, out = self._open
        self._open = None
        with out:
            out.flush()
            os.fsync(out.fileno())
        self.full.append(file)

    def take_full(self) -> list[RequestFile]:
        taken = self.full[:]
        del self.full[: len(taken)]
        return taken

    def drop(self, key: str) -> None:
        """With all that lies beside it."""
        for path in self._folder.glob(f"{key}.*"):
            path.unlink(missing_ok=True)

    def drop_others(self, keep: Container[str]) -> None:
        """What was being written when its writer was killed is nobody's."""
        for path in self._folder.glob("*.jsonl"):
            if path.stem not in keep:
                path.unlink(missing_ok=True)
