"""What is shared is the thing itself, for as long as it was said, the last used as long as there is room."""

import pytest

from common import cached as module
from common.cached import Shared, cached, shared


def test_all_are_given_the_same_thing_and_it_is_made_once() -> None:
    shared.clear()
    first = cached("thing", list, 60)
    assert cached("thing", lambda: pytest.fail("made twice"), 60) is first


def test_nothing_is_a_result_too() -> None:
    shared.clear()
    assert cached("nothing", lambda: None, 60) is None
    assert cached("nothing", lambda: pytest.fail("made twice"), 60) is None


def test_after_its_time_it_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    shared.clear()
    assert cached("thing", lambda: 1, 60) == 1
    now = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 61)
    assert cached("thing", lambda: 2, 60) == 2


def test_what_was_not_asked_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    held = Shared()
    held.set("a", 1, 60)
    held.set("b", 2, 60)
    held.get("a")
    held.set("c", 3, 60)
    assert [held.get(key) for key in "abc"] == [1, None, 3]
