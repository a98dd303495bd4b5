"""What supervised processes say, line by line: to the terminal, or into rotated files."""

import sys
import time
from contextlib import suppress
from logging import makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Protocol, TextIO

LOG_BYTES, LOGS_KEPT = 5_000_000, 3  # of each process


class Output(Protocol):
    def line(self, name: str, text: str) -> None: ...


class ToTerminal:
    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def line(self, name: str, text: str) -> None:
        with suppress(OSError):  # a log on a full disk, a terminal that is gone
            print(f"{time.strftime('%H:%M:%S')} {name:<8} | {text}", file=self._stream, flush=True)


class ToFiles:
    """One of each process, rotated, and nothing to the terminal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, RotatingFileHandler] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def line(self, name: str, text: str) -> None:
        self._file(name).emit(makeLogRecord({"msg": text}))

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            self._files[name] = RotatingFileHandler(
                self._folder / f"{name}.log", maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8", delay=True
            )
        return self._files[name]
