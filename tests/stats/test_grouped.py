"""Many groups at once are the groups one by one."""

import numpy as np
import pytest

from stats.estimate import Estimate
from stats.grouped import grouped_ratios
from stats.rates import hajek_rate
from stats.sample import sample_of

rng = np.random.default_rng(7)
N = 300
Y, X = rng.random(N).round(1), rng.random(N) < 0.9
GROUP, STRATUM = rng.integers(0, 6, N), rng.integers(0, 5, N)
INCLUSION, ITEMS = (rng.random(N) + 0.1).round(1), rng.integers(1, 9, N)


def test_each_group_has_the_rate_of_its_domain() -> None:
    sample = sample_of(N, 1 / INCLUSION, STRATUM, items=ITEMS)
    found = grouped_ratios(Y * X, X, GROUP, sample, "none")
    for group, share in enumerate(found):
        one = hajek_rate(Y, INCLUSION, STRATUM, domain=(group == GROUP) & X, items=ITEMS)
        assert (share.value, share.n) == (pytest.approx(one.value, abs=1e-12), one.n)
        assert share.ci95 == pytest.approx(one.ci95, abs=1e-9)


def test_a_group_where_all_say_the_same_has_an_interval() -> None:
    # Stratified or not, 2 of 2 and 1 of 1: Wilson's at two items and at one.
    sample = sample_of(3, None, [0, 0, 1])
    two, one = grouped_ratios([1, 1, 1], [1, 1, 1], np.array([0, 0, 1]), sample, "none")
    assert two.ci95 == pytest.approx((0.34238, 1), abs=1e-5)
    assert one.ci95 == pytest.approx((0.20654, 1), abs=1e-5)


def test_a_group_without_a_judgment_says_why() -> None:
    found = grouped_ratios([0, 1], [0, 1], np.array([0, 1]), sample_of(2), "no judgments yet")
    assert found[0] == Estimate(None, reason="no judgments yet")
