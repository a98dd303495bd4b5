"""A filter that is one more annotator: does its gap to the ceiling hold 0?"""

from collections.abc import Iterator

import numpy as np

from benchmarks.bars import Row, within
from stats.filter.ceiling import human_ceiling

ITEMS, OVERLAPS = (200, 400), (3, 5)


def rows(replications: int) -> Iterator[Row]:
    for items in ITEMS:
        for overlap in OVERLAPS:
            share = _holds(items, overlap, replications)
            yield within(f"gap to the ceiling holds 0, {items} items of {overlap} votes", share, 0.94, 0.96)


def _holds(items: int, overlap: int, replications: int) -> float:
    """Each item has its own chance of yes, for annotators and filter alike."""
    rng, held = np.random.default_rng([items, overlap]), 0
    for _ in range(replications):
        chance = rng.beta(1.3, 0.7, items)
        alike = np.bincount(2 * rng.binomial(overlap, chance) + (rng.random(items) < chance))
        code = np.flatnonzero(alike)
        found = human_ceiling(code // 2, np.full(len(code), overlap), code % 2 == 1, items=alike[code])
        held += found.gap.ci95[0] <= 0 <= found.gap.ci95[1]
    return held / replications
