"""What is worked out once and then shared: a cache of Django's, but with types and without copies."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache

T = TypeVar("T")


class Shared(LocMemCache):
    """Of one process, as Django's, which packs and unpacks all it keeps: a tenth of what a page of figures took. Here
    all are given the same object, and nobody may change it."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        name = self.make_and_validate_key(key, version=version)
        with self._lock:
            if self._has_expired(name):
                self._delete(name)
                return default
            self._cache.move_to_end(name, last=False)
            return self._cache[name]

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        name = self.make_and_validate_key(key, version=version)
        with self._lock:
            self._set(name, value, timeout)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        name = self.make_and_validate_key(key, version=version)
        with self._lock:
            if not self._has_expired(name):
                return False
            self._set(name, value, timeout)
            return True


shared = Shared("shared", {})


def cached(key: str, make: Callable[[], T], seconds: float) -> T:
    """The result of `make`, at most so many seconds old: itself, so nobody may change it."""
    return cast(T, shared.get_or_set(key, make, seconds))
