"""What is worked out once and then shared by all requests of a process: itself, and so nobody may change it.

Django's own cache packs and unpacks all that it keeps, which took a tenth of a page of figures.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

MOST = 300
T = TypeVar("T")


class Shared:
    """The last used stay."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, otherwise: Any = None) -> Any:
        with self._lock:
            until, value = self._held.get(key, (0.0, otherwise))
            if until < time.time():
                self._held.pop(key, None)
                return otherwise
            self._held.move_to_end(key)
            return value

    def set(self, key: str, value: Any, seconds: float) -> None:
        with self._lock:
            self._held[key] = time.time() + seconds, value
            self._held.move_to_end(key)
            while len(self._held) > MOST:
                self._held.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


shared, NOTHING = Shared(), object()


def cached(key: str, make: Callable[[], T], seconds: float) -> T:
    """The result of `make`, at most so many seconds old."""
    known = shared.get(key, NOTHING)
    if known is NOTHING:
        shared.set(key, known := make(), seconds)
    found: T = known
    return found
