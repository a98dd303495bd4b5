import numpy as np
import pytest

from stats.differences.contrasts import NOT_BOTH, ONE_MOMENT, part_difference, slope, standardised_difference
from stats.sample import sample_of


def test_the_slope_is_that_of_least_squares() -> None:
    t = np.repeat(np.arange(5), 4)
    y = np.array([0, 0, 0, 1] * 2 + [0, 1, 0, 1] + [1, 1, 0, 1] * 2)
    found = slope(y, t, sample_of(20))
    assert found.value == pytest.approx(np.polyfit(t, y, 1)[0])  # 0.125


def test_weights_and_domains_are_those_of_weighted_least_squares() -> None:
    rng = np.random.default_rng(1)
    t, y, w = rng.random(40), rng.random(40), rng.random(40) + 0.5
    among = np.arange(40) % 4 > 0
    expected = np.polyfit(t[among], y[among], 1, w=np.sqrt(w[among]))[0]
    assert slope(y, t, sample_of(40, w), among).value == pytest.approx(expected)


def test_rows_of_one_cluster_do_not_count_as_many() -> None:
    t, y = np.arange(20) % 7, (np.arange(20) % 3 == 0).astype(float)
    alone = slope(y, t, sample_of(20, clusters=np.arange(20)))
    doubled = slope(np.repeat(y, 4), np.repeat(t, 4), sample_of(80, clusters=np.repeat(np.arange(20), 4)))
    assert doubled.ci95 == pytest.approx(alone.ci95)


def test_the_slopes_interval_covers() -> None:
    """Shares that rise by 0.03 a year over 8 years, in 60 clusters of 3 that go together: 400 replications."""
    rng, covered = np.random.default_rng(7), 0
    for _ in range(400):
        year = rng.integers(0, 8, 60)
        p = np.clip(0.5 + 0.03 * year + rng.choice([-0.15, 0.15], 60), 0, 1)
        y = (rng.random((60, 3)) < p[:, None]).ravel().astype(float)
        low, high = slope(y, np.repeat(year, 3), sample_of(180, clusters=np.repeat(np.arange(60), 3))).ci95
        covered += low <= 0.03 <= high
    assert 0.92 <= covered / 400 <= 0.98  # 0.95 within three standard errors


def test_without_a_spread_in_time_there_is_no_slope() -> None:
    assert slope(np.ones(20), np.full(20, 2018), sample_of(20)).reason == ONE_MOMENT
    assert slope([0, 1], [1, 2], sample_of(2)).reason == "too few"


def test_the_same_cobuys_in_both_parts_count_as_pairs() -> None:
    """Each co-buy a half better later, whatever it is: the difference is known without doubt."""
    base = np.array([0, 0.5] * 10)
    y, later = np.concatenate([base, base + 0.5]), np.arange(40) >= 20
    apart = part_difference(y, later, ~later, sample_of(40))
    together = part_difference(y, later, ~later, sample_of(40, clusters=np.tile(np.arange(20), 2)))
    assert apart.value == together.value == pytest.approx(0.5)
    assert together.ci95 is None and apart.ci95[1] - apart.ci95[0] > 0.3


def test_a_part_without_judgments_has_no_difference() -> None:
    assert part_difference(np.ones(4), np.ones(4), np.zeros(4), sample_of(4)).reason == NOT_BOTH


def test_standardised_a_part_with_more_of_a_better_group_gains_nothing() -> None:
    """Group 0: .5 in both; group 1: 1 in both. One part has much of 1, the other little: unweighted .25 apart."""
    group = np.array([0] * 4 + [1] * 12 + [0] * 12 + [1] * 4)
    y = np.where(group == 1, 1.0, np.arange(32) % 2)
    later = np.arange(32) < 16
    found = standardised_difference(y, later, ~later, group, sample_of(32))
    assert part_difference(y, later, ~later, sample_of(32)).value == pytest.approx(0.25)
    assert (found.value, found.n) == (pytest.approx(0.0), 32)


def test_standardised_it_is_the_mean_of_the_groups_differences() -> None:
    """Differences 1 and 0 in the two groups that both have; the third is of one part alone."""
    group = np.repeat([0, 0, 1, 1, 2], 6)
    later = np.repeat([True, False, True, False, True], 6)
    y = np.repeat([1.0, 0.0, 1.0, 1.0, 0.0], 6)
    assert standardised_difference(y, later, ~later, group, sample_of(30)).value == pytest.approx(0.5)
