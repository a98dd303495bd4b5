"""How carefully an annotator works, from arrays of answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.estimate import Estimate, undefined
from stats.rates import hajek_rate, wilson


@dataclass(frozen=True, slots=True)
class Quality:
    judgments: int
    gold: Estimate
    repeats: Estimate
    agreement: Estimate
    fast: Estimate
    line: int
    median_seconds: float | None


def share(hits: NDArray[np.bool_], nothing: str) -> Estimate:
    return wilson(int(hits.sum()), len(hits)) if len(hits) else undefined(nothing)


def longest_line(answers: NDArray[np.int64]) -> int:
    """The longest row of equal answers."""
    if not len(answers):
        return 0
    changes = np.flatnonzero(np.diff(answers)) + 1
    return int(np.diff([0, *changes, len(answers)]).max())


def pair_agreement(same: NDArray[np.int64], others: NDArray[np.int64]) -> Estimate:
    """Σ same / Σ others: of the pairs with another annotator of an item the share that agree.

    A ratio with items as sampling units: a weighted mean of the items' shares, each weighted by its others.
    """
    compared = others > 0
    if not compared.any():
        return undefined("nobody else has judged these items")
    return hajek_rate(same[compared] / others[compared], 1 / others[compared])
