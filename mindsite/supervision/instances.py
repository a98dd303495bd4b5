"""Who runs here: a lock for each role of one `var`, which a killed process lets go of, and what it had started."""

import fcntl
import json
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mindsite.supervision.processes import GRACE_S, Group, boot, groups_end

STOP_S = 2 * GRACE_S + 60  # an embedded PostgreSQL that is stopping writes what it has


class RunsAlready(Exception):
    """One line."""


@dataclass
class Record:
    """What a supervisor has written of itself, for those who come after it."""

    pid: int = 0
    port: int = 0
    url: str = ""
    boot: str = ""
    groups: list[Group] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Record":
        """An empty one where there is none, or only half of one."""
        with suppress(OSError, ValueError, TypeError):
            known = json.loads(path.read_text())
            return cls(**{**known, "groups": [Group(*each) for each in known["groups"]]})
        return cls()

    def write(self, path: Path) -> None:
        with path.open("r+" if path.exists() else "w") as file:  # in its place: on a full disk there is no other
            file.write(json.dumps(vars(self) | {"boot": boot()}))
            file.truncate()

    def end(self) -> bool:
        """End what is left of a supervisor that was killed. True: there was something."""
        left = [group for group in self.groups if self.boot == boot() and group.exists()]
        groups_end(left)
        return bool(left)


@dataclass(frozen=True)
class Instance:
    folder: Path  # var/run
    role: str

    @property
    def record(self) -> Path:
        return self.folder / f"{self.role}.json"

    @property
    def lock(self) -> Path:
        return self.folder / f"{self.role}.lock"

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """For the block nobody else has this role. Yields whether something of a killed one was ended."""
        self.folder.mkdir(parents=True, exist_ok=True)
        held = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if not _locked(held, tries=5):
                known = Record.read(self.record)
                at = f" at {known.url}" if known.url else ""
                raise RunsAlready(
                    f"This runs here already{at} (process {known.pid}, {self.lock}): `manage.py stop` ends it"
                )
            yield Record.read(self.record).end()
        finally:
            os.close(held)

    def runs(self) -> bool:
        with suppress(OSError):
            held = os.open(self.lock, os.O_RDWR | os.O_NOFOLLOW)
            try:
                return not _locked(held)
            finally:
                os.close(held)
        return False

    def stop(self) -> str:
        """Ask its supervisor to end and wait for that; end what a killed one left. Returns what was there, if any."""
        known = Record.read(self.record)
        if not self.runs():
            return f"{self.role}: what a killed supervisor had left" if known.end() else ""
        with suppress(ProcessLookupError):
            os.kill(known.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        while self.runs():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.role} (process {known.pid}) has not ended within {STOP_S:.0f} s")
            time.sleep(0.1)
        return f"{self.role} (process {known.pid})"


def instances(folder: Path) -> Sequence[Instance]:
    return [Instance(folder, path.stem) for path in sorted(folder.glob("*.json"))]


def role_of(kind: str, name: object = "") -> str:
    return "-".join([kind, re.sub(r"[^\w.-]", "_", str(name))] if name else [kind])


def _locked(file: int, *, tries: int = 1) -> bool:
    """Who only looks whether it is held holds it for that moment."""
    for trial in range(tries):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if trial < tries - 1:
            time.sleep(0.05)
    return False
