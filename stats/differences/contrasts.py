"""Contrasts within one sample: the slope over time, and the difference between two parts of it."""

import numpy as np
from numpy.typing import ArrayLike

from stats.estimate import Estimate, undefined
from stats.intervals import t_interval
from stats.sample import Sample, coded

ONE_MOMENT = "all are of one moment"
NOT_BOTH = "one of the two has no judgments"
FEWEST_UNITS = 5


def slope(values: ArrayLike, times: ArrayLike, sample: Sample, among: ArrayLike | None = None) -> Estimate:
    """b = Σw(t - t̄)(y - ȳ) / Σw(t - t̄)², per unit of time; arguments (rows,), `among` those that have a value.

    Weighted least squares with the linearised variance of Σ w(t - t̄)e / Σw(t - t̄)² over sampling units, co-buys where
    they are clusters: Särndal, Swensson and Wretman 1992, section 5.10, the cluster-robust variance of Liang and Zeger
    1986 for this design. Student's t with a degree of freedom less for the slope. Shares are taken as they are: a
    linear probability model, whose slope is in points a year. Its coverage is tested.
    """
    y, t = np.asarray(values, dtype=float), np.asarray(times, dtype=float)
    within = np.ones(len(y), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    y, t = np.where(within, y, 0.0), np.where(within, t, 0.0)
    n, total = sample.size(within), sample.total(within)
    if not total > 0:
        return undefined("no judgments yet", n)
    t_from = np.where(within, t - sample.total(t) / total, 0.0)
    spread = sample.total(t_from**2)
    if not spread > 1e-12:
        return undefined(ONE_MOMENT, n)
    if n < FEWEST_UNITS:
        return undefined("too few", n)
    y_from = np.where(within, y - sample.total(y) / total, 0.0)
    b = sample.total(t_from * y_from) / spread
    influence = sample.weights * t_from * (y_from - b * t_from) / spread
    variance, df = sample.variance(influence, within)
    return Estimate(float(b), t_interval(float(b), variance, max(df - 1, 1)), n)


def standardised_difference(
    values: ArrayLike,
    later: ArrayLike,
    earlier: ArrayLike,
    groups: ArrayLike,
    sample: Sample,
    *,
    among: ArrayLike | None = None,
) -> Estimate:
    """The mean over groups of the difference within each, all counted alike: direct standardisation, so that the one
    part having more of a group than the other makes no difference (Rothman, Greenland and Lash 2008, chapter 4).

    Arguments (rows,); groups that only one part has are left out. Variance as in `part_difference`.
    """
    y, group = np.asarray(values, dtype=float), coded(groups)
    have = np.ones(len(y), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    y = np.where(have, y, 0.0)
    parts = [np.asarray(part, dtype=bool) & have for part in (later, earlier)]
    first, second = (
        np.bincount(group, sample.items * sample.weights * part, group.max(initial=-1) + 1) for part in parts
    )
    common = (first > 0) & (second > 0)
    if not common.any():
        return undefined(NOT_BOTH)
    value, influence, within = 0.0, np.zeros(len(y)), common[group]
    for part, total, sign in zip(parts, (first, second), (1.0, -1.0), strict=True):
        of = part & within
        each = np.where(of, sample.weights / np.where(total > 0, total, 1)[group] / common.sum(), 0.0)
        mean = np.bincount(group, sample.items * each * y, len(total))[group] * common.sum()
        value += sign * float(sample.items @ (each * y))
        influence += sign * each * (y - mean)
    n = sample.size((parts[0] | parts[1]) & within)
    variance, df = sample.variance(influence, (parts[0] | parts[1]) & within)
    return Estimate(value, t_interval(value, variance, df, -1, 1), n)


def part_difference(
    values: ArrayLike, later: ArrayLike, earlier: ArrayLike, sample: Sample, among: ArrayLike | None = None
) -> Estimate:
    """The mean of the later part less that of the earlier one; arguments (rows,).

    The influence of both parts is summed by sampling unit, so what a co-buy in both has in common is taken out as in a
    paired difference, and parts without a common co-buy are independent: Särndal, Swensson and Wretman 1992, section
    5.7 with 10.3 for parts as domains.
    """
    y = np.asarray(values, dtype=float)
    have = np.ones(len(y), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    influence, means, sizes = np.zeros(len(y)), [], []
    y = np.where(have, y, 0.0)
    for part, sign in ((later, 1.0), (earlier, -1.0)):
        within = np.asarray(part, dtype=bool) & have
        total = sample.total(within)
        if not total > 0:
            return undefined(NOT_BOTH)
        means.append(sample.total(y * within) / total)
        sizes.append(sample.size(within))
        influence += sign * sample.weights * within * (y - means[-1]) / total
    if min(sizes) < FEWEST_UNITS:
        return undefined("too few", min(sizes))
    either = (np.asarray(later, dtype=bool) | np.asarray(earlier, dtype=bool)) & have
    variance, df = sample.variance(influence, either)
    value = float(means[0] - means[1])
    return Estimate(value, t_interval(value, variance, df, -1, 1), sum(sizes))
