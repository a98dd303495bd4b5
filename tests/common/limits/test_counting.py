"""One count for all processes, and one's own while the shared place is away."""

import subprocess
import sys
import uuid

import pytest
from django.conf import settings as real
from django.core.cache import cache

from common.limits import counting
from common.limits.counting import limit_take
from mindsite import embedded

HOUR = 3600


@pytest.fixture
def key() -> str:
    cache.clear()
    return uuid.uuid4().hex


@pytest.fixture
def shared(services: None, settings: object, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(counting, "_shut_until", 0.0)
    settings.LIMITS_URL = embedded.broker_url(db=1)
    return settings.LIMITS_URL


def test_so_many_and_no_more_and_who_was_refused_does_not_count(key: str, settings: object) -> None:
    settings.LIMITS_URL = ""
    taken = [limit_take(key, 2, HOUR) for _ in range(4)]
    assert taken[:2] == [0.0, 0.0]
    assert all(0 < wait <= HOUR for wait in taken[2:])
    assert limit_take(key, 3, HOUR) == 0.0


def test_the_window_before_counts_by_the_share_that_is_not_over(
    key: str, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 in one minute; 15 s into the next 3/4 of them count, 7.5, so 2 of 10 are free."""
    settings.LIMITS_URL = ""
    monkeypatch.setattr(counting.time, "time", lambda: 6_000_030.0)
    assert [limit_take(key, 10, 60) for _ in range(10)] == [0.0] * 10
    monkeypatch.setattr(counting.time, "time", lambda: 6_000_075.0)
    assert [limit_take(key, 10, 60) == 0.0 for _ in range(4)] == [True, True, False, False]


def test_another_process_counts_on(key: str, shared: str) -> None:
    assert limit_take(key, 2, HOUR) == 0.0
    code = (
        f"from django.conf import settings; settings.configure(LIMITS_URL={shared!r})\n"
        f"from common.limits.counting import limit_take; print(limit_take({key!r}, 2, {HOUR}))"
    )
    other = subprocess.run([sys.executable, "-c", code], cwd=real.BASE_DIR, capture_output=True, text=True, check=True)
    assert other.stdout == "0.0\n"
    assert limit_take(key, 2, HOUR) > 0


def test_without_the_shared_place_each_counts_by_itself(key: str, shared: str, settings: object) -> None:
    settings.LIMITS_URL = "redis+socket:///nowhere/valkey.sock?virtual_host=0"
    assert [limit_take(key, 1, HOUR) == 0.0 for _ in range(2)] == [True, False]
    assert counting._shut_until > 0
