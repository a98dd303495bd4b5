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
    """Says whenever the kernel has killed for want of memory: which process, only its own log says."""

    def __init__(self) -> None:
        self._known = kills_of_the_kernel()

    def look(self, say: Callable[[str], None]) -> None:
        if (now := kills_of_the_kernel()) > self._known:
            say(f"The kernel has killed {now - self._known} of this machine's processes: it is short of memory")
        self._known = now
