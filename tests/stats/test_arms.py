"""Differences of arms to their control; expected values by hand, or from the named tables."""

import numpy as np
import pytest

from stats.arms import Known, arm_difference, bounded, holm, pairs_to_find, two_sided_p
from stats.estimate import Estimate


# Abramowitz and Stegun 1964, table 26.10; the last is the normal's.
@pytest.mark.parametrize(
    ("t", "df", "p"),
    [
        (12.706, 1, 0.05),
        (2.228, 10, 0.05),
        (3.169, 10, 0.01),
        (2.009, 50, 0.0499),
        (0.7, 10, 0.5),
        (1.959964, 1e6, 0.05),
    ],
)
def test_p_of_students_t(t: float, df: float, p: float):
    assert two_sided_p(t, df) == pytest.approx(p, abs=2e-4)


def test_holm_by_hand():
    # In order .01 x 4, .02 x 3, .03 x 2 (under .06, so .06), .5 x 1.
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])


def test_the_difference_of_pairs_by_hand():
    found = arm_difference([1, 0, 1, 1], [0, 0, 0, 1], clusters=[1, 2, 3, 4])
    # d = 1 0 1 0: mean 1/2, s² = 1/3, variance of the mean 1/12, t(3) = 3.182
    assert found.figure.value == 0.5
    assert found.variance == pytest.approx(1 / 12)
    assert found.figure.ci95 == (pytest.approx(0.5 - 3.1824 * (1 / 12) ** 0.5, abs=1e-3), 1)


def test_relations_of_a_cobuy_count_together():
    one, other = np.repeat([1, 0, 1, 0], 4), np.zeros(16)
    single = arm_difference([1, 0, 1, 0], [0, 0, 0, 0], clusters=range(4))
    assert arm_difference(one, other, clusters=np.repeat(range(4), 4)).variance == pytest.approx(single.variance)


def test_what_is_known_of_all_pairs_moves_and_tightens():
    rng = np.random.default_rng(3)
    x = rng.normal(0, 0.2, 200)
    d = x + rng.normal(0, 0.05, 200)
    plain = arm_difference(d, np.zeros(200), clusters=range(200))
    helped = arm_difference(d, np.zeros(200), clusters=range(200), known=Known(x, 0.0))
    assert abs(helped.figure.value) < abs(plain.figure.value) + 0.01
    # The known part is 0.04 of 0.0425: what is left is a seventeenth.
    assert helped.counts_like == pytest.approx(200 * 17, rel=0.3)


def test_p_yes_that_is_unknown_for_some_is_not_used():
    d, x = np.arange(40) % 2, np.full(40, np.nan)
    plain = arm_difference(d, np.zeros(40), clusters=range(40))
    assert arm_difference(d, np.zeros(40), clusters=range(40), known=Known(x, 0.1)) == plain


def test_without_pairs_there_is_no_difference():
    assert arm_difference([], [], clusters=[]).figure.value is None


def test_half_the_difference_takes_four_times_the_pairs():
    found = arm_difference(np.arange(50) % 2, np.zeros(50), clusters=range(50))
    assert pairs_to_find(found, found.detectable / 2) == 200


def test_failures_could_be_anything():
    # 10 % failed: 0.9 x 0.1 to 0.9 x 0.3, and 0.1 to either side.
    assert bounded(Estimate(0.2, (0.1, 0.3), 90), 0.1) == pytest.approx((-0.01, 0.37))
