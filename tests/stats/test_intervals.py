"""Bounds of a stratified share where a stratum hides its variance."""

import numpy as np
import pytest

from stats.intervals import score_bounds, share_interval
from stats.rates import hajek_rate


def bounds(rate: list[float], size: list[float], weight: list[float], t: float = 2.0) -> tuple[float, float]:
    of, n, w = np.array(rate), np.array(size), np.array(weight)
    simple = (w**2 * of * (1 - of) / (n - 1)).sum()
    low, high = score_bounds(of, n, w, variance=simple, kish=1 / (w**2 / n).sum(), t=t)
    return float(low), float(high)


def test_where_all_say_yes_both_strata_may_hide_a_no() -> None:
    # (1 - p)² = t²·p(1 - p)/(2·9) for two equal strata of ten: p = 1/(1 + 4/18).
    assert bounds([1, 1], [10, 10], [0.5, 0.5]) == (pytest.approx(1 / (1 + 4 / 18)), 1)


def test_yes_and_no_mirror_each_other() -> None:
    low, high = bounds([1, 0.9, 0], [30, 20, 10], [0.5, 0.3, 0.2])
    assert bounds([0, 0.1, 1], [30, 20, 10], [0.5, 0.3, 0.2]) == pytest.approx((1 - high, 1 - low))


def test_what_a_heavy_stratum_hides_lowers_the_lower_bound() -> None:
    # 95 of 100 say yes in a stratum of 200, 50 of 50 in one of 500: V = (2/7)²·0.95·0.05/99 knows of the first only.
    strata, said = np.repeat([0, 1], [100, 50]), np.r_[np.zeros(5), np.ones(145)]
    found = hajek_rate(said, np.where(strata == 0, 0.5, 0.1), strata)
    seen = share_interval(0.95 * 2 / 7 + 5 / 7, (2 / 7) ** 2 * 0.95 * 0.05 / 99, 99, 1)
    assert found.ci95[0] < seen[0] - 0.02 and found.ci95[1] == pytest.approx(seen[1], abs=0.005)


def test_a_share_that_varies_in_each_stratum_keeps_wilsons_interval() -> None:
    # 9 of 10 in both: V = 0.09/9/2 = 0.005, n = 0.09/0.005 = 18, t of 18 degrees of freedom 2.10092.
    found = hajek_rate([*[1] * 9, 0] * 2, np.ones(20), [0] * 10 + [1] * 10)
    centre, half, t = 0.9 + 4.41387 / 36, (0.005 + 4.41387 / 4 / 18**2) ** 0.5, 2.10092
    assert found.ci95 == pytest.approx([(centre + sign * t * half) / (1 + 4.41387 / 18) for sign in (-1, 1)], abs=1e-5)
