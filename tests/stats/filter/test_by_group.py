"""A threshold for each group: advice only where held-out items gain by it."""

import numpy as np
import pytest

from stats.filter.by_group import by_group


def world(differ: float, n: int = 400) -> tuple:
    """Two groups whose people say yes from 0.5 - differ and from 0.5 + differ on; four items a co-buy."""
    rng = np.random.default_rng(1)
    p, group = rng.random(n), np.where(np.arange(n) % 2, "isA", "usedFor")
    return p, p >= 0.5 + np.where(group == "isA", differ, -differ), group, np.arange(n) // 4


def found(differ: float):
    p, yes, group, cobuys = world(differ)
    return by_group(p, yes, group, clusters=cobuys, rng=np.random.default_rng(2), repeats=5)


def test_thresholds_that_differ_pay():
    told = found(0.3)
    # One threshold is wrong where the groups' own are 0.6 apart: 0.6 / 2 of the items.
    assert told.gain.value == pytest.approx(0.3, abs=0.04)
    assert told.pays
    assert [round(at, 1) for at, _ in told.each.values()] == [0.8, 0.2]


def test_thresholds_that_are_alike_do_not_pay():
    told = found(0.0)
    assert told.gain.value <= 0
    assert not told.pays


def test_a_group_of_few_keeps_the_one_for_all():
    p, yes, group, cobuys = world(0.3, 48)
    told = by_group(p, yes, group, clusters=cobuys, rng=np.random.default_rng(2), repeats=2)
    assert (told.gain.value, told.each) == (0, {})


def test_without_items_there_is_no_gain():
    assert by_group([], [], [], clusters=[], rng=np.random.default_rng(1)).gain.value is None
