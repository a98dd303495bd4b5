"""What a machine may run short of: said when it does, with what to do."""

from collections.abc import Callable
from pathlib import Path

from mindsite.embedded.layout import LEAST_FREE, free_megabytes
from mindsite.supervision.children import kills_of_the_kernel


class Room:
    """On the disk of this site's data: said once when there is none, and once when there is again."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._full = folder, False

    def look(self, say: Callable[[str], None]) -> None:
        free = free_megabytes(self._folder)
        if (free < LEAST_FREE) == self._full:
            return
        self._full = not self._full
        if self._full:
            say(f"The disk of {self._folder} is full ({free} MB free): make room, and all goes on by itself")
        else:
            say(f"There is room on the disk of {self._folder} again ({free} MB free)")


class Memory:
    """Says whenever the kernel has killed for want of memory."""

    def __init__(self) -> None:
        self._known = kills_of_the_kernel()

    def look(self, say: Callable[[str], None]) -> None:
        if (now := kills_of_the_kernel()) > self._known:
            say(f"The kernel has killed {now - self._known} processes for want of memory: give this machine more")
        self._known = now


def megabytes_of_memory() -> int:
    """What this process and its like may have: the machine's, or less by their group's limit."""
    limits = [_number(Path("/proc/meminfo"), "MemTotal:") * 1024]
    for line in _lines(Path("/proc/self/cgroup")):
        _, kinds, group = line.split(":", 2)
        v1, v2 = Path(f"/sys/fs/cgroup/memory{group}/memory.limit_in_bytes"), Path(f"/sys/fs/cgroup{group}/memory.max")
        limits.append(_number(v1 if kinds == "memory" else v2))
    return min(limit for limit in limits if limit) // 2**20 if any(limits) else 0


def _number(file: Path, name: str = "") -> int:
    """0 where there is none: no such file, or no limit."""
    for line in _lines(file):
        if line.startswith(name) and (digits := line.removeprefix(name).split()[0]).isdigit():
            return int(digits)
    return 0


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
