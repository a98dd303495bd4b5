"""Items and annotators both drawn from more: does the interval hold what all people would say of all items?"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, within
from stats.crossed import crossed_difference, crossed_rate
from stats.rates import hajek_rate

ITEMS, OVERLAP, LEVEL, OF_ITEMS, OF_PEOPLE = 200, 3, 0.6, 1.2, 0.8
AT_LEAST = {5: 0.90, 12: 0.93}


def rows(replications: int) -> Iterator[Row]:
    for annotators, bar in AT_LEAST.items():
        rate, difference, fixed = _holds(annotators, replications)
        yield within(f"share among people like them, {annotators} annotators", rate, bar, 1)
        yield within(f"difference of two arms, {annotators} annotators who meet both", difference, bar, 1)
        yield Row(
            f"the share with these annotators as given, {annotators}",
            f"{100 * fixed:.1f} %",
            "none, to compare",
            met=True,
        )


def _holds(annotators: int, replications: int) -> tuple[float, float, float]:
    rng, held = np.random.default_rng(annotators), np.zeros(3)
    spread = rng.normal(0, np.hypot(OF_ITEMS, OF_PEOPLE), 4_000_000)
    truth = float(_logistic(LEVEL + spread).mean())
    item, arm = np.repeat(np.arange(ITEMS), OVERLAP), np.repeat(np.arange(ITEMS) % 2, OVERLAP)
    for _ in range(replications):
        who = rng.random((ITEMS, annotators)).argsort(axis=1)[:, :OVERLAP]
        lenience, plausible = rng.normal(0, OF_PEOPLE, annotators), rng.normal(0, OF_ITEMS, (ITEMS, 1))
        yes = rng.random(who.shape) < _logistic(LEVEL + plausible + lenience[who])
        labels = yes.ravel(), item, who.ravel()
        rate = crossed_rate(*labels)
        difference = crossed_difference(labels[0], arm, *labels[1:])
        fixed = hajek_rate(yes.mean(axis=1), np.ones(ITEMS))
        for k, (found, wanted) in enumerate(((rate, truth), (difference, 0.0), (fixed, truth))):
            held[k] += found.ci95[0] <= wanted <= found.ci95[1]
    return tuple(held / replications)


def _logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-x))
