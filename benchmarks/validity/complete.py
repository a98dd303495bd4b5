"""Does accuracy against the majority of complete items stay where it is while votes come in?

Items are judged in blocks of forty in random order; in a block each pass gives every item one vote, in random order.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, points
from stats.filter.complete import FEWEST_COMPLETE, against_majority

ITEMS, BLOCK, RIGHT = 400, 40, 0.8
STUDIES, EVERY = 300, 60  # a study is looked at after so many judgments: 20 to 34 times
DRIFT = 0.01


def rows(replications: int) -> Iterator[Row]:
    for overlap in (3, 4, 5):
        drift, whatever = _drifts(overlap, min(replications, STUDIES))
        worst = float(drift[np.nanargmax(np.abs(drift))])
        what = (
            f"accuracy less its last value, the farthest look from {FEWEST_COMPLETE} complete items on, {overlap} votes"
        )
        yield points(what, worst, DRIFT)
        first = float(whatever[~np.isnan(whatever)][0])
        yield Row(
            f"the same of whatever votes there are, first look, {overlap} votes",
            f"{100 * first:+.2f} points",
            "none, to compare",
            met=True,
        )


def _drifts(overlap: int, studies: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By look, over the studies: of complete items, and of the majority of whatever votes there are."""
    rng = np.random.default_rng(overlap)
    found = np.array([_study(overlap, rng) for _ in range(studies)])
    mean = np.nanmean(found - found[:, :, -1:], axis=0)
    return mean[0], mean[1]


def _study(overlap: int, rng: np.random.Generator) -> tuple[list[float], list[float]]:
    plausible = rng.random(ITEMS) < 0.6
    kept = np.where(rng.random(ITEMS) < RIGHT, plausible, ~plausible)
    votes = np.where(rng.random((ITEMS, overlap)) < RIGHT, plausible[:, None], ~plausible[:, None])
    order = np.concatenate([_in_block(block, overlap, rng) for block in rng.permutation(ITEMS).reshape(-1, BLOCK)])
    of_complete, of_any = [], []
    for judgments in (*range(EVERY, len(order), EVERY), len(order)):
        judged = np.bincount(order[:judgments], minlength=ITEMS)
        yes = (votes * (np.arange(overlap) < judged[:, None])).sum(axis=1)
        of_complete.append(_accuracy(yes, judged, judged == overlap, kept))
        of_any.append(_left_out(yes, judged, kept))
    return of_complete, of_any


def _in_block(block: NDArray[np.int64], overlap: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.concatenate([rng.permutation(block) for _ in range(overlap)])


def _accuracy(yes: NDArray, judged: NDArray, complete: NDArray, kept: NDArray) -> float:
    value = against_majority(yes, judged, complete, kept).quality.accuracy.value
    return np.nan if value is None else value


def _left_out(yes: NDArray, judged: NDArray, kept: NDArray) -> float:
    """As it was: ties left out, any number of votes, breadth first over all items."""
    decided = 2 * yes != judged
    return float(((2 * yes > judged) == kept)[decided].mean())
