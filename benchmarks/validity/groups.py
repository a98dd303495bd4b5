"""Twenty relations of forty items: what is marked where all are equal, and what pooling gains where they differ."""

from collections.abc import Iterator

import numpy as np

from benchmarks.bars import Row, at_most, within
from stats.groups import side_by_side
from stats.rates import wilson

GROUPS, ITEMS, SHARE, APART = 20, 40, 0.7, 0.06


def rows(replications: int) -> Iterator[Row]:
    rng, equal = np.random.default_rng(1), np.zeros(4)
    for _ in range(replications):
        found = side_by_side([wilson(int(yes), ITEMS) for yes in rng.binomial(ITEMS, SHARE, GROUPS)])
        overall = found.overall.value
        beyond = any(not each.ci95[0] <= overall <= each.ci95[1] for each in found.raw)
        missed = any(not each.ci95[0] <= SHARE <= each.ci95[1] for each in found.simultaneous)
        equal += beyond, missed, any(found.differs), found.heterogeneity.p_value < 0.05
    beyond, missed, marked, rejected = equal / replications
    yield Row("equal relations: one is off its own interval", f"{100 * beyond:.1f} %", "none, to compare", met=True)
    yield within("equal relations: a simultaneous interval misses", missed, 0, 0.06)
    yield within("equal relations: one is marked", marked, 0, 0.06)
    yield within("equal relations: the test of heterogeneity rejects", rejected, 0.04, 0.06)
    ratio, held = _pooling(replications)
    yield at_most(f"relations {100 * APART:g} points apart: error of pooled over raw shares", ratio, 0.9)
    yield within("their pooled intervals hold the relation's share", held, 0.93, 0.97)


def _pooling(replications: int) -> tuple[float, float]:
    rng, errors, held = np.random.default_rng(2), np.zeros(2), 0.0
    for _ in range(replications):
        truth = np.clip(rng.normal(SHARE, APART, GROUPS), 0.01, 0.99)
        found = side_by_side([wilson(int(yes), ITEMS) for yes in rng.binomial(ITEMS, truth)])
        for k, side in enumerate((found.pooled, found.raw)):
            errors[k] += ((np.array([each.value for each in side]) - truth) ** 2).mean()
        held += np.mean([each.ci95[0] <= t <= each.ci95[1] for each, t in zip(found.pooled, truth, strict=True)])
    return float(np.sqrt(errors[0] / errors[1])), held / replications
