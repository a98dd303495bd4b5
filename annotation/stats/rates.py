from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.estimate import Estimate, undefined
from annotation.stats.intervals import Z95

NO_JUDGMENTS = "no judgments yet"


def wilson(successes: int, n: int, z: float = Z95) -> Estimate:
    """Share with the score interval of Wilson 1927."""
    if n == 0:
        return undefined(NO_JUDGMENTS)
    return Estimate(successes / n, _score_interval(successes / n, n, z), n)


def hajek_rate(
    values: ArrayLike,
    inclusion_probabilities: ArrayLike,
    strata: ArrayLike | None = None,
    domain: ArrayLike | None = None,
) -> Estimate:
    """Σ(y/π) / Σ(1/π) and its linearised variance: Särndal, Swensson and Wretman 1992, section 5.7.

    A `domain` limits both sums; items outside it still count for the variance of a stratified sample (section 10.3).
    The interval is Wilson's at the effective sample size p(1-p)/V (Kott and Carr 1997), so it stays inside [0, 1].
    """
    y, w = np.asarray(values, dtype=float), 1 / np.asarray(inclusion_probabilities, dtype=float)
    within = np.ones(len(y), dtype=bool) if domain is None else np.asarray(domain, dtype=bool)
    if not within.any():
        return undefined(NO_JUDGMENTS)
    w = w * within / w[within].sum()
    rate = min(1.0, float(w @ y))
    variance = stratified_variance(w * (y - rate), strata)
    # Where all say the same the variance knows nothing; Kish's effective size does.
    effective_n = rate * (1 - rate) / variance if variance > 1e-15 else 1 / (w @ w)
    return Estimate(rate, _score_interval(rate, effective_n, Z95), int(within.sum()))


def stratified_variance(u: NDArray[np.float64], strata: ArrayLike | None) -> float:
    """Σ_h n_h/(n_h-1) Σ_k (u_k - ū_h)² for a total of u, without the correction for a finite population.

    A run is itself a sample of what the model would say. A stratum of one item is compared with the mean of u, 0.
    """
    stratum = np.zeros(len(u), dtype=int) if strata is None else np.unique(strata, return_inverse=True)[1]
    size = np.bincount(stratum)
    mean = np.where(size > 1, np.bincount(stratum, u) / size, 0)
    correction = size / np.maximum(size - 1, 1)
    return float(correction[stratum] @ (u - mean[stratum]) ** 2)


def _score_interval(p: float, n: float, z: float) -> tuple[float, float]:
    """(p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n)."""
    centre = p + z**2 / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    # At the ends the bound is exactly p, which rounding would miss.
    return (low if p > 0 else 0.0), (high if p < 1 else 1.0)
