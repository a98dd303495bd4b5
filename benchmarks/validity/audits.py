"""Does the interval of "the filter was right" hold the truth, where some of nine annotators audit each item?"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, within
from benchmarks.validity.worlds import logistic
from stats.estimate import Estimate
from stats.filter.audits import answers_rate, audit_rate
from stats.rates import wilson

Floats = NDArray[np.float64]

ITEMS, ANNOTATORS, OVERLAP, AUDITED = 400, 9, 3, 0.6
# Strata: their shares of the run, drawn alike, and how right the filter is in each, on the logit.
SIZES, RIGHT = np.array([0.1, 0.2, 0.3, 0.4]), np.array([2.2, 1.6, 1.0, 0.4])
LENIENCE = np.linspace(-0.8, 0.8, ANNOTATORS)
ITEM_SPREAD, COBUY_SPREAD, COBUY = 1.5, 1.0, 4
COVERAGE = (0.94, 0.96)


def rows(replications: int) -> Iterator[Row]:
    rng = np.random.default_rng(1)
    truth = float(SIZES @ [logistic(each + _deviation(rng, 400_000)[:, None] + LENIENCE).mean() for each in RIGHT])
    strata = np.repeat(np.arange(len(SIZES)), ITEMS // len(SIZES))
    weights, cobuys = SIZES[strata], np.repeat(np.arange(ITEMS // COBUY), COBUY)
    held = {"items": [], "co-buys": [], "answers taken as independent and unweighted": []}
    for _ in range(replications):
        right, audits = _audited(RIGHT[strata] + rng.normal(0, np.hypot(ITEM_SPREAD, COBUY_SPREAD), ITEMS), rng)
        held["items"].append(_holds(audit_rate(right, audits, weights, strata), truth))
        held["answers taken as independent and unweighted"].append(_holds(wilson(right.sum(), audits.sum()), truth))
        shared = rng.normal(0, COBUY_SPREAD, ITEMS // COBUY)[cobuys] + rng.normal(0, ITEM_SPREAD, ITEMS)
        right, audits = _audited(RIGHT[strata] + shared, rng)
        held["co-buys"].append(_holds(audit_rate(right, audits, weights, strata, clusters=cobuys), truth))
    for units in ("items", "co-buys"):
        yield within(f"coverage of “the filter was right”, weighted, {units} as units", np.mean(held[units]), *COVERAGE)
    before = np.mean(held["answers taken as independent and unweighted"])
    yield Row("coverage as before: answers independent, unweighted", f"{before:.1%}", "none, to compare", met=True)
    yield from _unweighted(replications, rng)


def _unweighted(replications: int, rng: np.random.Generator) -> Iterator[Row]:
    truth = float(logistic(1.0 + _deviation(rng, 400_000)[:, None] + LENIENCE).mean())
    found = [answers_rate(*_audited(1.0 + _deviation(rng, ITEMS), rng)) for _ in range(replications)]
    yield within(
        "coverage of the unweighted share of answers, items as units",
        np.mean([_holds(each, truth) for each in found]),
        *COVERAGE,
    )


def _deviation(rng: np.random.Generator, n: int) -> Floats:
    return rng.normal(0, np.hypot(ITEM_SPREAD, COBUY_SPREAD), n)


def _audited(logit: Floats, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many of each item's audits say right, and how many there are."""
    who = rng.random((len(logit), ANNOTATORS)).argpartition(OVERLAP, axis=1)[:, :OVERLAP]
    says = rng.random(who.shape) < logistic(logit[:, None] + LENIENCE[who])
    audited = rng.random(who.shape) < AUDITED
    return (says & audited).sum(axis=1), audited.sum(axis=1)


def _holds(figure: Estimate, truth: float) -> bool:
    return figure.ci95[0] <= truth <= figure.ci95[1]
