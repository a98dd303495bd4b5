"""Shares of many groups at once: each is what `Sample.ratio` says of its group, in one pass over the rows."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import share_interval
from stats.sample import Sample, combined_variance
from stats.sums import sums

Floats = NDArray[np.float64]


def grouped_ratios(
    numerator: ArrayLike, denominator: ArrayLike, group: NDArray[np.int64], sample: Sample, reason: str
) -> list[Estimate]:
    """By group 0, 1, ...; arguments (rows,). Items of other groups count for the variance, as outside of the domain.

    u = w(y - Rx)/Σwx is 0 outside of a group, so that its squares around the stratum's mean are Σu² - (Σu)²/n there.
    """
    y, x = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    if len(group) and not group.any():
        return [sample.ratio(y, x, reason)]
    groups, strata = int(group.max(initial=-1)) + 1, int(sample.stratum.max(initial=-1)) + 1
    items, weights = sample.items, sample.weights

    def total(values: ArrayLike) -> Floats:
        return sums(group, items * np.asarray(values, dtype=float), groups)

    among = total(weights * x)
    share = np.clip(total(weights * y) / np.where(among > 0, among, 1), 0, 1)
    scale = np.where(among > 0, among, 1)[group]
    u = weights * (y - share[group] * x) / scale
    cell = sample.stratum * groups + group
    totals, squares, informing = (
        sums(cell, items * values, strata * groups).reshape(strata, groups) for values in (u, u**2, x > 0)
    )
    size = sums(sample.stratum, items)
    several = (size > 1)[:, np.newaxis]
    around = np.where(several, squares - totals**2 / np.maximum(size, 1)[:, np.newaxis], squares)
    variance, df = combined_variance(np.maximum(around, 0), size, informing)
    squared = total((weights * x / scale) ** 2)
    low, high = share_interval(share, variance, df, 1 / np.where(squared > 0, squared, 1))
    n = total(x > 0)
    return [
        Estimate(float(share[g]), (float(low[g]), float(high[g])), round(float(n[g])))
        if among[g] > 0
        else undefined(reason)
        for g in range(groups)
    ]
