"""Django's cache with types: its own `get_or_set` may give None."""

from collections.abc import Callable
from typing import TypeVar, cast

from django.core.cache import cache

T = TypeVar("T")


def cached(key: str, make: Callable[[], T], seconds: float) -> T:
    """The result of `make`, at most so many seconds old."""
    return cast(T, cache.get_or_set(key, make, seconds))
