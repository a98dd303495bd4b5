"""How often somebody may come: counted in one place for all processes and machines, and while that is away in each
process by itself.

The count slides: of the window before, the share that the last `seconds` still reach into is added to this one's.
"""

import time
from contextlib import suppress
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.cache import cache

SHUT_S = 5.0  # after a failure the shared place is not asked for so long
_shut_until = 0.0


def limit_take(key: str, most: int, seconds: int) -> float:
    """Count one of `key`. Returns 0.0 where it may, else after how many seconds it may be tried again."""
    window, into = divmod(time.time(), seconds)
    names = [f"limit:{key}:{seconds}:{window - back:.0f}" for back in (0, 1)]
    now, before = _counted(names[0], names[1], 2 * seconds)
    if now + before * (1 - into / seconds) <= most:
        return 0.0
    _taken_back(names[0])
    return seconds - into


def _counted(name: str, earlier: str, kept_s: int) -> tuple[int, int]:
    if place := _place():
        try:
            counts: tuple[int, int] = place.counted(settings.LIMITS_URL, name, earlier, kept_s)
            return counts
        except place.Away:
            _shut()
    cache.add(name, 0, kept_s)
    try:
        return cache.incr(name), int(cache.get(earlier, 0))
    except ValueError:  # it was thrown out at this moment
        return 1, 0


def _taken_back(name: str) -> None:
    """Who is refused does not count, or whoever goes on trying would never come in again."""
    if place := _place():
        try:
            place.taken_back(settings.LIMITS_URL, name)
            return
        except place.Away:
            _shut()
    with suppress(ValueError):
        cache.decr(name)


def _shut() -> None:
    global _shut_until  # noqa: PLW0603 - of this process
    _shut_until = time.monotonic() + SHUT_S


def _place() -> Any:
    """The module, where there is such a place and it is not away."""
    if not settings.LIMITS_URL or time.monotonic() < _shut_until:
        return None
    return import_module("common.limits.place")
