"""Shares: of a count, and of a run from the sample that was judged."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import Z95, score_interval, share_interval
from stats.sample import sample_of

NO_JUDGMENTS = "no judgments yet"


def wilson(successes: int, n: int, z: float = Z95) -> Estimate:
    """Share with the score interval of Wilson 1927."""
    if n == 0:
        return undefined(NO_JUDGMENTS)
    low, high = score_interval(successes / n, n, z)
    return Estimate(successes / n, (float(low), float(high)), n)


def hajek_rate(
    values: ArrayLike,
    inclusion_probabilities: ArrayLike,
    strata: ArrayLike | None = None,
    domain: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Estimate:
    """Σ(y/π) / Σ(1/π) and its linearised variance: Särndal, Swensson and Wretman 1992, section 5.7.

    All arguments are (rows,); row r stands for `items[r]` items. A `domain` limits both sums; items outside it still
    count for the variance of a stratified sample (section 10.3). `clusters`, such as co-buys, are the sampling units
    within strata where given (also those that reach into several, see `Sample.variance`), else items are. The interval
    is Wilson's at the effective size p(1-p)/V (Kott and Carr 1997) with Satterthwaite's degrees of freedom, so it stays
    inside [0, 1]. Assumed: items judged are a random part of those drawn in their stratum.
    """
    y, pi = np.asarray(values, dtype=float), np.asarray(inclusion_probabilities, dtype=float)
    within = np.ones(len(y), dtype=bool) if domain is None else np.asarray(domain, dtype=bool)
    return sample_of(len(y), 1 / pi, strata, items=items, clusters=clusters).ratio(y * within, within, NO_JUDGMENTS)


def horvitz_thompson_rate(
    values: ArrayLike,
    inclusion_probabilities: ArrayLike,
    population: float,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Estimate:
    """Σ(y/π) / N for a run of known size N: Horvitz and Thompson 1952; arguments (rows,) as in `hajek_rate`.

    Its variance holds the doubt about Σ(1/π) too, which Hájek's takes out, so it is worse where that varies. A sample
    that weighs more than N can pass 1 and is cut there.
    """
    y, pi = np.asarray(values, dtype=float), np.asarray(inclusion_probabilities, dtype=float)
    sample = sample_of(len(y), 1 / pi, strata, items=items, clusters=clusters)
    if not sample.size():
        return undefined(NO_JUDGMENTS)
    rate = min(1.0, sample.total(y) / population)
    variance, df = sample.variance(sample.weights * y / population)
    kish = sample.kish(sample.weights / sample.total(np.ones(len(y))))
    low, high = share_interval(rate, variance, df, kish)
    return Estimate(rate, (float(low), float(high)), sample.size())


def stratified_variance(
    u: NDArray[np.float64],
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> float:
    """Of the sum of u (rows,) over items, from what differs within strata: see `Sample.variance`."""
    return float(sample_of(len(u), None, strata, items=items, clusters=clusters).variance(np.asarray(u, float))[0])
