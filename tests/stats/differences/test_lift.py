"""Lift, sample ratio and CUPED, by hand arithmetic and by replications."""

import numpy as np
import pytest

from stats.differences.lift import lift, sample_ratio, slope
from stats.looking import multiplier


def sums(y: np.ndarray, x: np.ndarray) -> list[float]:
    return [len(y), y.sum(), (y * y).sum(), x.sum(), (x * x).sum(), (x * y).sum()]


def test_the_sample_ratio_by_hand() -> None:
    # Meant 100, 100 and 400; (10² + 20²)/100 + 10²/400 = 5.25, and with two degrees of freedom p = e^(-χ²/2).
    assert sample_ratio([110, 80, 410], [1, 1, 4]) == pytest.approx((5.25, np.exp(-2.625)))
    assert sample_ratio([0, 0], [1, 1]) is None


def test_a_lift_by_hand() -> None:
    # 100 units each: 20 and 30 bought. Lift .5; Var log = .8/(20) · 100/99 + .7/(30) · 100/99 (Katz et al. 1978).
    found = lift([[100, 20, 20, 0, 0, 0], [100, 30, 30, 0, 0, 0]], 1)
    assert found.value == pytest.approx(0.5)
    assert found.log_variance == pytest.approx((0.8 / 20 + 0.7 / 30) * 100 / 99)
    low, high = found.interval()
    half = 1.959964 * found.log_variance**0.5
    assert (low, high) == pytest.approx((1.5 * np.exp(-half) - 1, 1.5 * np.exp(half) - 1), abs=1e-6)


def test_nothing_is_said_where_nobody_bought_or_nothing_varies() -> None:
    assert lift([[100, 0, 0, 0, 0, 0], [100, 30, 30, 0, 0, 0]], 1) is None
    assert lift([[100, 100, 100, 0, 0, 0], [100, 100, 100, 0, 0, 0]], 1) is None


def test_what_was_before_saves_the_squared_correlation() -> None:
    # Of one mean CUPED leaves 1 - ρ² of the variance (Deng et al. 2013, eq. 5): y = x + noise, ρ² = .5.
    rng = np.random.default_rng(2)
    x = rng.normal(10, 1, (2, 20_000))
    y = x + rng.normal(0, 1, (2, 20_000))
    told = [sums(y[k], x[k]) for k in (0, 1)]
    theta = slope(told)
    assert theta == pytest.approx(1, abs=0.03)
    assert lift(told, 1, theta=theta).log_variance / lift(told, 1).log_variance == pytest.approx(0.5, abs=0.02)


def test_the_variance_is_that_of_replications() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(400):
        x = rng.exponential(1, (2, 200))
        y = x * [[1.0], [1.5]] + rng.exponential(1, (2, 200))
        told = [sums(y[k], x[k]) for k in (0, 1)]
        found.append(lift(told, 1, theta=slope(told)))
    spread = np.var([np.log(1 + each.value) for each in found])
    # 400 replications tell a variance to about 7 % (√(2/400)); three of those.
    assert np.mean([each.log_variance for each in found]) == pytest.approx(spread, rel=0.21)


def test_the_sequence_is_at_most_1_8_times_as_wide_at_the_planned_size() -> None:
    assert float(multiplier(100_000, 100_000)) / 1.959964 < 1.8
