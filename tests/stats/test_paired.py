from math import sqrt

import numpy as np
import pytest

from stats.agreement.coefficients import gwet_ac1, krippendorff_alpha
from stats.agreement.resampled import krippendorff_alphas
from stats.paired import agreement_difference, paired_difference

# Student 1908, table of Cushny and Peebles: hours of sleep gained by ten patients with either drug.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_difference_of_student_1908():
    # Mean 1.58, standard deviation 1.23: ± 2.262 · 1.23/√10.
    difference = paired_difference(SECOND, FIRST, bounds=(-24, 24))
    assert (difference.value, difference.n) == (pytest.approx(1.58), 10)
    assert difference.ci95 == pytest.approx((0.7001, 2.4599), abs=1e-4)


def test_co_buys_are_the_units():
    # Ten co-buys, four relations each with the same difference: as much doubt as ten pairs have.
    rng = np.random.default_rng(1)
    a, b = rng.random(10), rng.random(10)
    clustered = paired_difference(a.repeat(4), b.repeat(4), clusters=np.arange(10).repeat(4))
    assert clustered.ci95 == pytest.approx(paired_difference(a, b).ci95)


def test_kept_in_one_and_not_in_the_other():
    # Kept by a only 30, by b only 10, by both 60: 0.2 ± t · √((0.4 - 0.2²)/99).
    a, b = np.repeat([1, 0, 1], [30, 10, 60]), np.repeat([0, 1, 1], [30, 10, 60])
    difference = paired_difference(a, b)
    assert difference.value == pytest.approx(0.2)
    assert difference.ci95[1] - 0.2 == pytest.approx(1.98422 * sqrt((0.4 - 0.04) / 99), abs=1e-4)


def test_grouped_pairs_equal_single_ones():
    grouped = paired_difference([1, 0, 1], [0, 1, 1], items=[30, 10, 60])
    single = paired_difference(np.repeat([1, 0, 1], [30, 10, 60]), np.repeat([0, 1, 1], [30, 10, 60]))
    assert grouped.ci95 == pytest.approx(single.ci95)


def test_nothing_in_common_says_so():
    assert paired_difference([], []).reason == "the runs have no judged co-buy and relation in common"


def ratings(share_alike: float, seed: int, items: int = 200) -> np.ndarray:
    """Three annotators who agree on so many of the items and toss a coin on the others."""
    rng = np.random.default_rng(seed)
    yes = np.where(rng.random(items) < share_alike, 3 * rng.integers(0, 2, items), rng.binomial(3, 0.5, items))
    return np.stack([3 - yes, yes], axis=1)


def test_agreement_that_differs_is_found():
    a, b = ratings(0.8, seed=1), ratings(0.2, seed=2)
    difference = agreement_difference(a, b, krippendorff_alpha, draws=200)
    assert difference.value == pytest.approx(krippendorff_alpha(a).value - krippendorff_alpha(b).value)
    assert difference.ci95[0] > 0.2


def test_the_interval_uses_the_pairing():
    # The same items rated alike: no difference and no doubt; rated apart: doubt.
    a = ratings(0.6, seed=3)
    assert agreement_difference(a, a, gwet_ac1, draws=100).ci95 is None
    low, high = agreement_difference(a, ratings(0.6, seed=4), gwet_ac1, draws=200).ci95
    assert high - low > 0.1


def test_co_buys_are_drawn_whole():
    # Each item four times in a row: drawn item by item the interval would be half as wide.
    a, b = ratings(0.8, 1, items=50), ratings(0.5, 2, items=50)
    once = agreement_difference(a, b, gwet_ac1, draws=400).ci95
    fourfold = agreement_difference(
        a.repeat(4, axis=0), b.repeat(4, axis=0), gwet_ac1, clusters=np.arange(50).repeat(4), draws=400
    ).ci95
    assert fourfold[1] - fourfold[0] == pytest.approx(once[1] - once[0], rel=0.15)


def test_all_resamples_at_once_give_what_each_gives_by_itself():
    rng = np.random.default_rng(5)
    counts = rng.integers(0, 3, (12, 3)).astype(float)  # some items with one judgment or none
    drawn = rng.multinomial(6, np.full(12, 1 / 12), 50).astype(float)
    drawn[0], drawn[1] = 0, np.eye(12)[counts.sum(axis=1).argmax()]  # no item, and one alone
    single = [krippendorff_alpha(counts, weights).value for weights in drawn]
    assert single[:2] == [None, None]
    found = krippendorff_alphas(counts, drawn)
    assert found == pytest.approx([np.nan if value is None else value for value in single], nan_ok=True)


def test_undefined_agreement_says_why():
    assert agreement_difference([[1, 0]], [[2, 1]], gwet_ac1).reason == "no item has two judgments"
    assert agreement_difference(np.empty((0, 2)), np.empty((0, 2)), gwet_ac1).reason == "no item has two judgments"
