"""Intervals shared by several figures. All are at 95 %, for numbers and for arrays of them alike."""

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

Z95 = NormalDist().inv_cdf(0.975)
# The series below needs 5 degrees of freedom; these are the exact quantiles for 4 to 1.
_T95_SMALL = (2.776445105, 3.182446305, 4.302652730, 12.706204736)
# Below this a variance is a rounding error: all items said the same.
NO_VARIANCE = 1e-15
SAME = 1e-9
HALVINGS = 40
# Multipliers between which the bounds lie, on the logarithm, whatever weights and sizes are.
_LEAST, _MOST = np.log(1e-4), np.log(1e10)


def t95(df: ArrayLike) -> Floats:
    """0.975 quantile of Student's t: Abramowitz and Stegun 1964, eq. 26.7.5; below 5 interpolated in 1/df."""
    per = 1 / np.maximum(np.asarray(df, dtype=float), 1)
    # The table goes on from the series' own value, or the quantile would jump at 5.
    small = np.interp(per, [1 / 5, 1 / 4, 1 / 3, 1 / 2, 1], [_t95_series(1 / 5), *_T95_SMALL])
    return np.where(per > 1 / 5, small, _t95_series(per))[()]


def _t95_series(per: Floats | float) -> Floats | float:
    """In 1/df."""
    z = Z95
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    g4 = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + g1 * per + g2 * per**2 + g3 * per**3 + g4 * per**4


def score_interval(p: ArrayLike, n: ArrayLike, z: Floats | float = Z95) -> tuple[Floats, Floats]:
    """(p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n): Wilson 1927."""
    p, n = np.asarray(p, dtype=float), np.asarray(n, dtype=float)
    centre = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    # At the ends the bound is exactly p, which rounding would miss.
    return np.where(p > 0, low, 0.0)[()], np.where(p < 1, high, 1.0)[()]


def share_interval(p: ArrayLike, variance: ArrayLike, df: ArrayLike, kish: ArrayLike) -> tuple[Floats, Floats]:
    """Wilson's at the effective size p(1-p)/V with Student's t: Kott and Carr 1997, Dean and Pagano 2015.

    Where all say the same the variance knows nothing; Kish's effective size does.
    """
    p, variance = np.asarray(p, dtype=float), np.asarray(variance, dtype=float)
    varies = variance > NO_VARIANCE
    n = np.where(varies, p * (1 - p) / np.where(varies, variance, 1), kish)
    return score_interval(p, n, np.where(varies, t95(df), Z95))


def says_the_same(rate: Floats) -> NDArray[np.bool_]:
    """Whether in some stratum (axis 0) all say yes, or all no."""
    return np.asarray(((rate < SAME) | (rate > 1 - SAME)).any(axis=0))


def score_bounds(
    rate: Floats, size: Floats, weight: Floats, *, variance: ArrayLike, kish: ArrayLike, t: ArrayLike
) -> tuple[Floats, Floats]:
    """Bounds of a share Σ weight·rate over strata (axis 0), for where one shows no variance as all of it say the same.

    They are the values that a score test does not reject; given a value, the strata's own rates are the likeliest
    (Miettinen and Nurminen 1985, Yan and Su 2010), also of an answer that the `size` items of a stratum do not show.
    `variance`, by the design, is at a bound as many times that of simple samples within strata as it is here, and where
    nothing varies as many times as Kish's effective size says.
    """
    variance, kish, t = (np.asarray(each, dtype=float) for each in (variance, kish, t))
    simple = (weight**2 * rate * (1 - rate) / np.maximum(size - 1, 1)).sum(axis=0)
    alike = 1 / (kish * (weight**2 / np.maximum(size, 1)).sum(axis=0))
    varies = (simple > NO_VARIANCE) & (variance > NO_VARIANCE)
    inflation = np.where(varies, variance / np.where(varies, simple, 1), alike)
    value = (weight * rate).sum(axis=0)

    def rates(step: Floats, sign: int) -> Floats:
        return _likeliest(rate, sign * np.exp(step) * weight / np.maximum(size, 1))

    def bound(sign: int) -> Floats:
        inside, outside = np.full(value.shape, _LEAST), np.full(value.shape, _MOST)
        for _ in range(HALVINGS):
            step = (inside + outside) / 2
            p = rates(step, sign)
            spread = inflation * (weight**2 * p * (1 - p) / np.maximum(size - 1, 1)).sum(axis=0)
            holds = sign * (value - (weight * p).sum(axis=0)) <= t * np.sqrt(spread) + SAME / 100
            inside, outside = np.where(holds, step, inside), np.where(holds, outside, step)
        return np.asarray((weight * rates(outside, sign)).sum(axis=0))

    return bound(1), bound(-1)


def _likeliest(rate: Floats, tilt: Floats) -> Floats:
    """The p with rate - p = tilt·p(1-p): lower than the rate by a positive tilt, higher by a negative one."""
    root = np.sqrt(np.maximum((1 + tilt) ** 2 - 4 * tilt * rate, 0))
    down = 2 * rate / np.maximum(1 + tilt + root, NO_VARIANCE)
    up = (1 + tilt - root) / np.where(tilt < 0, 2 * tilt, 1)
    return np.clip(np.where(tilt < 0, up, down), 0, 1)


def t_interval(
    value: float, variance: float, df: float, low: float = -np.inf, high: float = np.inf
) -> tuple[float, float] | None:
    """value ± t(df)·√V within the figure's range; None where nothing varies, as no width would claim certainty.

    A value beyond the range, as AC2 has them where few items are judged, ends its interval.
    """
    half = float(t95(df)) * sqrt(variance)
    if not half > 1e-12:
        return None
    return max(min(low, value), float(value - half)), min(max(high, value), float(value + half))
