"""Intervals shared by several figures. All are at 95 %."""

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Z95 = NormalDist().inv_cdf(0.975)
# The series below needs 5 degrees of freedom; these are the exact quantiles for 1 to 4.
_T95_SMALL = (12.706204736, 4.302652730, 3.182446305, 2.776445105)


def t95(df: float) -> float:
    """0.975 quantile of Student's t: Abramowitz and Stegun 1964, eq. 26.7.5."""
    if df < 5:
        return _T95_SMALL[int(df) - 1]
    z = Z95
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    g4 = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + g1 / df + g2 / df**2 + g3 / df**3 + g4 / df**4


def influence_interval(
    value: float, influence: NDArray[np.float64], weights: NDArray[np.float64], low: float, high: float
) -> tuple[float, float] | None:
    """value ± t(n-1)·√(Σ influence²/(n(n-1))), items as sampling units: Gwet 2014, chapter 5.

    None for one item, and where no item stands out: an interval of no width would claim certainty.
    """
    n = weights.sum()
    if n < 2:
        return None
    half = t95(n - 1) * sqrt(weights @ influence**2 / (n * (n - 1)))
    return (max(low, float(value - half)), min(high, float(value + half))) if half > 1e-12 else None
