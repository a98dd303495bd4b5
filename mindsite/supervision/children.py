"""One supervised process: started, read, and started again after a wait that grows while it ends soon."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from mindsite.supervision.processes import Group

LAUNCH = Path(__file__).with_name("launch.py")
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 8.0
SETTLED_S = 8.0  # one that ran so long had begun its work: its waits begin anew
CHUNK = 64 * 1024


class Child:
    def __init__(self, name: str, command: Sequence[str], cwd: Path, **environment: str) -> None:
        self.name, self.command, self.cwd, self.environment = name, list(command), cwd, environment
        self.process: subprocess.Popen[bytes] | None = None
        self.group: Group | None = None
        self.due: float | None = 0.0  # when it is to be started, by the monotonic clock
        self.silent = False  # has closed its output
        self._wait, self._started, self._rest, self._killed = FIRST_WAIT_S, 0.0, b"", 0

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-IS", str(LAUNCH), str(os.getpid()), *self.command],
            cwd=self.cwd,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the supervisor; what it leaves behind is its group
        )
        assert self.process.stdout  # noqa: S101 - a pipe, as asked for
        os.set_blocking(self.process.stdout.fileno(), False)
        self.group = Group.of(self.process.pid)
        self.silent = False
        self.due, self._started, self._killed = None, time.monotonic(), kills_of_the_kernel()

    def lines(self) -> Iterator[str]:
        """What it has said since."""
        assert self.process  # noqa: S101 - started
        assert self.process.stdout  # noqa: S101
        with suppress(BlockingIOError):
            while chunk := os.read(self.process.stdout.fileno(), CHUNK):
                *whole, self._rest = (self._rest + chunk).split(b"\n")
                yield from (line.decode(errors="replace") for line in whole)
            self.silent = True

    def ended(self) -> str:
        """Takes its leave of one that has: what is left of its group is killed. Returns why, and when it comes back."""
        assert self.process  # noqa: S101 - started
        assert self.process.stdout  # noqa: S101
        status = self.process.wait()
        if self.group:
            self.group.send(signal.SIGKILL)
        self.process.stdout.close()
        self.process, self.group, self._rest = None, None, b""
        lasted = time.monotonic() - self._started
        self._wait = FIRST_WAIT_S if lasted >= SETTLED_S else self._wait
        self.due, wait = time.monotonic() + self._wait, self._wait
        self._wait = min(2 * self._wait, LONGEST_WAIT_S)
        by_kernel = kills_of_the_kernel() > self._killed
        return f"{_reason(status, by_kernel=by_kernel)} after {lasted:.0f} s; starting it again in {wait:g} s"


def kills_of_the_kernel() -> int:
    """How often it has killed for want of memory since the machine's start."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _reason(status: int, *, by_kernel: bool) -> str:
    if status >= 0:
        return f"ended by itself (status {status})"
    if status == -signal.SIGKILL and by_kernel:
        return "was killed by the kernel: the machine is short of memory"
    with suppress(ValueError):
        return f"was killed ({signal.Signals(-status).name})"
    return f"was killed (signal {-status})"
