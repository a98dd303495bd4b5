"""Labels out of votes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Tie = Literal["leave_out", "lowest", "highest"]


@dataclass(frozen=True, slots=True)
class Majority:
    """`winner` is a category per row, -1 where there is none; `ties` counts the items without a sole winner."""

    winner: NDArray[np.int64]
    ties: int


def majority(counts: ArrayLike, tie: Tie = "leave_out", *, items: ArrayLike | None = None) -> Majority:
    """The category most annotators chose, of counts (rows, categories); row r stands for `items[r]` items.

    A tie is left out, or goes to the lowest or highest of the tied. It is a plurality: half is not needed.
    """
    counts = np.asarray(counts)
    judged = counts.sum(axis=1) > 0
    top = counts == counts.max(axis=1, keepdims=True)
    tied = judged & (top.sum(axis=1) > 1)
    lowest, highest = top.argmax(axis=1), counts.shape[1] - 1 - top[:, ::-1].argmax(axis=1)
    winner = highest if tie == "highest" else lowest
    without = ~judged | tied if tie == "leave_out" else ~judged
    ties = tied.sum() if items is None else (tied * np.asarray(items)).sum()
    return Majority(np.where(without, -1, winner), round(float(ties)))
