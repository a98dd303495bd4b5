"""Processes told apart from others that got their number, and groups of them ended."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

BOOT = Path("/proc/sys/kernel/random/boot_id")
GRACE_S = 15.0
GONE = ("Z", "X")


class Group(NamedTuple):
    """A process that leads a group of its own, and when it began in ticks of the machine."""

    pid: int
    began: int

    @classmethod
    def of(cls, pid: int) -> "Group":
        return cls(pid, began(pid) or 0)

    def exists(self) -> bool:
        """Its leader may have ended before the rest; its number is nobody else's until the last has."""
        if began(self.pid) not in (self.began, None):
            return False
        with suppress(OSError):
            os.killpg(self.pid, 0)
            return any(_state(pid) not in GONE for pid in _members(self.pid))
        return False

    def send(self, number: signal.Signals) -> None:
        if self.exists():
            with suppress(OSError):
                os.killpg(self.pid, number)


def boot() -> str:
    return BOOT.read_text().strip()


def began(pid: int) -> int | None:
    """None: there is no such process."""
    fields = _stat(pid)
    return int(fields[19]) if fields else None


def groups_end(groups: Sequence[Group], *, grace_s: float = GRACE_S) -> None:
    """Leaders are asked, and end their own; what is there after the time is killed."""
    for group in groups:
        if began(group.pid) == group.began:
            with suppress(OSError):
                os.kill(group.pid, signal.SIGTERM)
        else:
            group.send(signal.SIGKILL)
    deadline = time.monotonic() + grace_s
    try:
        while (left := [group for group in groups if group.exists()]) and time.monotonic() < deadline:
            for group in left:
                if _state(group.pid) in GONE:
                    group.send(signal.SIGKILL)
            time.sleep(0.05)
    finally:  # a second Ctrl-C, too
        for group in groups:
            group.send(signal.SIGKILL)


def _stat(pid: int) -> list[str]:
    """From the state on: a program's name may hold blanks and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _state(pid: int) -> str:
    fields = _stat(pid)
    return fields[0] if fields else "X"


def _members(group: int) -> list[int]:
    numbers = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [pid for pid in numbers if (fields := _stat(pid)) and int(fields[2]) == group]
