"""Lift of one arm over another from sums over units: ratio of means, steadied by what was before, and the sample ratio.

Sums come as arrays (arms, 6) in the order of SUMS, one row an arm: n, Σy, Σy², Σx, Σx², Σxy.
"""

from dataclasses import dataclass
from math import exp, inf, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.groups import chi2_tail
from stats.intervals import Z95

Floats = NDArray[np.float64]

SUMS = ("n", "y", "yy", "x", "xx", "xy")


class SampleRatio(NamedTuple):
    chi2: float
    p: float


@dataclass(frozen=True, slots=True)
class Lift:
    """(mean of the arm / mean of the control) - 1, with the variance of its logarithm."""

    value: float
    log_variance: float
    n: int  # units of all arms

    def interval(self, times: float = Z95) -> tuple[float, float]:
        """exp(log(1 + lift) ± times·√V) - 1: never under -1, better at few outcomes than on the plain scale."""
        half = times * sqrt(self.log_variance)
        return exp(log(1 + self.value) - half) - 1, (exp(log(1 + self.value) + half) - 1 if half < 700 else inf)


def sample_ratio(units: ArrayLike, weights: ArrayLike) -> SampleRatio | None:
    """Pearson's χ² of units (arms,) against what the weights (arms,) mean; None without units.

    Fabijan et al. 2019, Diagnosing Sample Ratio Mismatch in Online Controlled Experiments.
    """
    seen, meant = np.asarray(units, dtype=float), np.asarray(weights, dtype=float)
    if not seen.sum():
        return None
    expected = seen.sum() * meant / meant.sum()
    chi2 = float(((seen - expected) ** 2 / expected).sum())
    return SampleRatio(chi2, chi2_tail(chi2, len(seen) - 1))


def slope(sums: ArrayLike) -> float:
    """θ = Σ cov(y, x) / Σ var(x), within arms: Deng, Xu, Kohavi and Walker 2013, eq. 4. 0 where x does not vary."""
    n, y, _, x, xx, xy = np.asarray(sums, dtype=float).T
    n = np.maximum(n, 1)
    spread = float((xx - x**2 / n).sum())
    return float((xy - x * y / n).sum()) / spread if spread > 0 else 0.0


def lift(sums: ArrayLike, arm: int, control: int = 0, theta: float = 0.0) -> Lift | None:
    """Of sums (arms, 6), by the delta method; with θ each mean is ȳ - θ(x̄ - mean x of all arms), as CUPED has it.

    The common mean of x moves both means: its part is in the gradient. None where a mean is not above 0 or nothing
    varies.
    """
    n, y, yy, x, xx, xy = np.asarray(sums, dtype=float).T
    if n[arm] < 2 or n[control] < 2:
        return None
    per, share = np.maximum(n, 1), n / n.sum()
    mean_y, mean_x = y / per, x / per
    adjusted = mean_y - theta * (mean_x - x.sum() / n.sum())
    if adjusted[arm] <= 0 or adjusted[control] <= 0:
        return None
    is_arm, is_control = np.arange(len(n)) == arm, np.arange(len(n)) == control
    # Of log(mean of the arm) - log(mean of the control).
    by_y = is_arm / adjusted[arm] - is_control / adjusted[control]
    by_x = theta * (share * (1 / adjusted[arm] - 1 / adjusted[control]) - by_y)
    var_y, var_x = yy / per - mean_y**2, xx / per - mean_x**2
    cov = xy / per - mean_x * mean_y
    variance = float(((by_y**2 * var_y + 2 * by_y * by_x * cov + by_x**2 * var_x) / np.maximum(n - 1, 1)).sum())
    if variance <= 0:
        return None
    return Lift(float(adjusted[arm] / adjusted[control]) - 1, variance, int(n.sum()))
