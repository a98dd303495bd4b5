"""The place where all processes count together: a Redis. Its client takes a tenth of a start, so this is loaded by who
counts first."""

from functools import lru_cache

import redis

TIMEOUT_S = 0.25
Away = redis.RedisError


def counted(url: str, name: str, earlier: str, kept_s: int) -> tuple[int, int]:
    """Count one, and what was counted earlier."""
    asked = _client(url).pipeline(transaction=False)
    asked.incr(name)
    asked.expire(name, kept_s)
    asked.get(earlier)
    now, _, before = asked.execute()
    return int(now), int(before or 0)


def taken_back(url: str, name: str) -> None:
    _client(url).decr(name)


@lru_cache
def _client(url: str) -> redis.Redis:
    """Of kombu's addresses too, which write a socket's in their own way."""
    plain = url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    return redis.Redis.from_url(plain, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
