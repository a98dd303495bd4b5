"""What is kept for a while. Django says of what its cache makes that it may be None."""

from collections.abc import Callable
from typing import TypeVar, cast

from django.core.cache import cache

T = TypeVar("T")


def cached(key: str, make: Callable[[], T], seconds: float) -> T:
    """What `make` gave, at most so many seconds ago."""
    return cast(T, cache.get_or_set(key, make, seconds))
