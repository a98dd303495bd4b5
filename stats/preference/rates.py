"""Win rates, the side that is favoured, and whether preferences run in a circle."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from stats.estimate import Estimate, undefined
from stats.preference.strengths import clusters
from stats.rates import NO_JUDGMENTS, wilson
from stats.sample import numbers

NO_TRIPLES = "no co-buy and relation has an answer for each pair of three runs"


def share_of(
    values: ArrayLike,
    cobuys: ArrayLike,
    annotators: ArrayLike,
    weights: ArrayLike | None = None,
    among: ArrayLike | None = None,
) -> Estimate:
    """Σ w·y / Σ w over judgments, y from 0 to 1 (a tie is 0.5 of a win), clustered by co-buy and annotator.

    Arguments (judgments,). Wilson's interval at the effective size y(1-y)/V with Student's t, as `crossed_rate`. Where
    one annotator has judged, it speaks of them alone.
    """
    y, n = np.asarray(values, dtype=float), len(np.asarray(values))
    inside = np.ones(n, dtype=bool) if among is None else np.asarray(among, dtype=bool)
    y, w = y[inside], numbers(weights, n)[inside]
    if not len(y):
        return undefined(NO_JUDGMENTS)
    by = clusters(np.asarray(cobuys)[inside], np.asarray(annotators)[inside])
    if by.reason:
        return undefined(by.reason, len(y))
    share = float(w @ y / w.sum())
    return Estimate(share, by.rate_interval(share, w * (y - share) / w.sum()), len(y), note=by.note)


def circular_triples(units: ArrayLike, first: ArrayLike, second: ArrayLike, lead: ArrayLike) -> Estimate:
    """Of three runs on one unit (a co-buy and relation) with a majority in each pair: the share that runs in a circle,
    a over b, b over c, c over a (Kendall and Babington Smith 1940). By chance it would be a quarter.

    One row a pair of runs on a unit; `lead` is how many more preferred the first. Wilson's interval, n is triples.
    """
    columns = (np.asarray(each).tolist() for each in (units, first, second, lead))
    better = _majorities(zip(*columns, strict=True))
    circles = [is_circle for of_unit in better.values() for is_circle in _circles(of_unit)]
    return wilson(sum(circles), len(circles)) if circles else undefined(NO_TRIPLES)


def _majorities(rows: Iterable[tuple[Hashable, int, int, float]]) -> dict[Hashable, set[tuple[int, int]]]:
    better: dict[Hashable, set[tuple[int, int]]] = defaultdict(set)
    for unit, one, other, lead in rows:
        if lead:
            better[unit].add((one, other) if lead > 0 else (other, one))
    return better


def _circles(better: set[tuple[int, int]]) -> list[bool]:
    """For each three runs of which all pairs are decided: each is preferred once, or one of them twice."""
    runs = sorted({run for pair in better for run in pair})
    found = []
    for three in combinations(runs, 3):
        winners = [one for one, other in better if one in three and other in three]
        if len(winners) == 3:
            found.append(len(set(winners)) == 3)
    return found
