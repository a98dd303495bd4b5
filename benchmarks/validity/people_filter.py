"""The filter against the majority of people like the annotators: does the interval hold what all people would say?"""

from collections.abc import Iterator
from math import comb

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, within
from benchmarks.validity.people import AT_LEAST, ITEMS, LEVEL, OF_ITEMS, OF_PEOPLE, OVERLAP
from benchmarks.validity.worlds import logistic
from stats.filter.complete import majority_truth
from stats.filter.people import FIGURES, Ballots, people_quality
from stats.filter.quality import confusion
from stats.sample import sample_of

Floats = NDArray[np.float64]

# How much more often the filter keeps what is more plausible, on the logit.
KEEPS, SEES = 0.8, 1.5
WORLD = 400_000


def rows(replications: int) -> Iterator[Row]:
    for annotators, bar in AT_LEAST.items():
        people, fixed = _holds(annotators, replications)
        for name in FIGURES:
            yield within(f"{name} for people like them, {annotators} annotators", people[name], bar, 1)
            what = f"{name} with these annotators as given, {annotators}"
            yield Row(what, f"{100 * fixed[name]:.1f} %", "none, to compare", met=True)


def _holds(annotators: int, replications: int) -> tuple[dict[str, float], dict[str, float]]:
    rng = np.random.default_rng(annotators)
    truth, held = _truth(rng), {name: np.zeros(2) for name in FIGURES}
    votes = np.full(ITEMS, OVERLAP)
    for _ in range(replications):
        who = rng.random((ITEMS, annotators)).argsort(axis=1)[:, :OVERLAP]
        lenience, plausible = rng.normal(0, OF_PEOPLE, annotators), rng.normal(0, OF_ITEMS, ITEMS)
        own = rng.random(who.shape) < logistic(LEVEL + plausible[:, np.newaxis] + lenience[who])
        yes, kept = own.sum(axis=1), rng.random(ITEMS) < logistic(KEEPS + SEES * plausible)
        each = (np.repeat(column, OVERLAP) for column in (yes, votes, kept, np.ones(ITEMS)))
        ballots = Ballots(who.ravel(), own.ravel(), *each, np.ones(own.size))
        people = people_quality(yes, votes, kept, sample_of(ITEMS), ballots)
        alone = confusion(kept, majority_truth(yes, votes), np.ones(ITEMS))
        for name in FIGURES:
            bounds = np.array([people[name].ci95, getattr(alone, name).ci95])
            held[name] += (bounds[:, 0] <= truth[name]) & (truth[name] <= bounds[:, 1])
    shares = {name: each / replications for name, each in held.items()}
    return {name: float(each[0]) for name, each in shares.items()}, {n: float(each[1]) for n, each in shares.items()}


def _truth(rng: np.random.Generator) -> dict[str, float]:
    """Against the majority of as many people as an item has, over all items and people."""
    plausible = rng.normal(0, OF_ITEMS, WORLD)
    kept = rng.random(WORLD) < logistic(KEEPS + SEES * plausible)
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    says = logistic(LEVEL + plausible[:, np.newaxis] + OF_PEOPLE * nodes) @ (weights / weights.sum())
    most = sum(
        comb(OVERLAP, n) * says**n * (1 - says) ** (OVERLAP - n) * majority_truth(n, OVERLAP)
        for n in range(OVERLAP + 1)
    )
    return {
        "accuracy": float(np.where(kept, most, 1 - most).mean()),
        "precision": float(most[kept].mean()),
        "recall": float((most * kept).sum() / most.sum()),
    }
