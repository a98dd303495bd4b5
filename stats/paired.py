"""Two runs on the same co-buys and relations: what differs, pair by pair."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.resampling import DRAWS, percentile_interval
from stats.sample import coded, numbers, sample_of

Floats = NDArray[np.float64]
NO_COMMON = "the runs have no judged co-buy and relation in common"


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    clusters: ArrayLike | None = None,
    items: ArrayLike | None = None,
    bounds: tuple[float, float] = (-1, 1),
) -> Estimate:
    """The mean of a - b; arguments (rows,), a row being `items[r]` pairs of a co-buy and relation in both runs.

    For shares of annotators and for kept (0, 1) alike; other scales state their `bounds`. With co-buys as `clusters`
    these are the sampling units: the relations of a co-buy go up and down together (Särndal et al. 1992, section 4.2).
    """
    difference = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    sample = sample_of(len(difference), weights, items=items, clusters=clusters)
    return sample.mean(difference, NO_COMMON, *bounds)


def agreement_difference(
    counts_a: ArrayLike,
    counts_b: ArrayLike,
    coefficient: Callable[..., Estimate],
    *,
    resampled: Callable[[Floats, Floats], Floats] | None = None,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    seed: int = 1,
    draws: int = DRAWS,
) -> Estimate:
    """coefficient(counts_a) - coefficient(counts_b), such as `krippendorff_alpha`, by a paired bootstrap over items.

    Counts (rows, categories) are of the same co-buy and relation in both runs; `clusters`, co-buys, are drawn whole.
    Percentile interval (Efron 1979), stretched to hold the value; resamples where a coefficient is undefined are left
    out. `resampled` gives the coefficient of all resamples at once, such as `krippendorff_alphas`.
    """
    counts_a, counts_b = np.asarray(counts_a, dtype=float), np.asarray(counts_b, dtype=float)
    rows = numbers(items, len(counts_a))

    first, second = coefficient(counts_a, rows), coefficient(counts_b, rows)
    n = round(float(rows.sum()))
    if first.value is None or second.value is None:
        return undefined(next(filter(None, (first.reason, second.reason))), n)
    value, drawn = first.value - second.value, _redrawn(rows, clusters, seed, draws)
    of_draws = resampled or partial(_one_by_one, coefficient)
    differences = of_draws(counts_a, drawn) - of_draws(counts_b, drawn)
    known = differences[~np.isnan(differences)]
    low, high = percentile_interval(known if len(known) else np.array([value]))
    return Estimate(value, (min(low, value), max(high, value)) if low < high else None, n)


def _one_by_one(coefficient: Callable[..., Estimate], counts: Floats, drawn: Floats) -> Floats:
    values = (coefficient(counts, weights).value for weights in drawn)
    return np.array([np.nan if value is None else value for value in values])


def _redrawn(rows: Floats, clusters: ArrayLike | None, seed: int, draws: int) -> Floats:
    rng = np.random.default_rng(seed)
    if clusters is None:
        return rng.multinomial(round(float(rows.sum())), rows / rows.sum(), draws).astype(float)
    cluster = coded(clusters)
    m = cluster.max() + 1
    return rows * rng.multinomial(m, np.full(m, 1 / m), draws)[:, cluster]
