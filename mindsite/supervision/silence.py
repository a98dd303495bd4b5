"""A process that is there and does nothing: it has not shown itself for long, though nothing keeps it from it."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from mindsite.supervision.children import Child

LONGEST_SILENCE_S = 60.0


class Silence:
    """`sign`: the file that the process touches; `excused`: whether it can't be expected to."""

    def __init__(self, child: Child, sign: Path, excused: Callable[[], bool]) -> None:
        self._child, self._sign, self._excused = child, sign, excused
        self._last: object = None
        self._since = time.monotonic()

    def look(self, say: Callable[[str], None]) -> None:
        seen = (self._child.group, self._sign.stat().st_mtime_ns if self._sign.exists() else 0)
        if seen != self._last:
            self._last, self._since = seen, time.monotonic()
        elif time.monotonic() - self._since > LONGEST_SILENCE_S:
            self._since = time.monotonic()
            if self._child.group and not self._excused():
                say(f"{self._child.name} has not shown itself for {LONGEST_SILENCE_S:.0f} s; ending it")
                self._child.group.send(signal.SIGKILL)
