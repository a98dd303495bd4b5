"""The filter against the majority of complete items.

Whatever votes an item happens to have make its majority drift: one vote is wrong more often than three, and two are
tied half of the time. An item is complete when nobody can still be asked; if items are finished in random order, a
block at a time, the complete ones are a random part of all, at any time.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.filter.quality import TIED, FilterQuality, confusion
from stats.sample import numbers

FEWEST_COMPLETE = 30


@dataclass(frozen=True, slots=True)
class AgainstMajority:
    """`complete` items speak, `ties` of them count one half as either."""

    quality: FilterQuality
    complete: int
    ties: int

    def as_dict(self) -> dict[str, object]:
        return {"complete": self.complete, "ties": self.ties, **self.quality.as_dict()}


def majority_truth(yes: ArrayLike, judged: ArrayLike) -> NDArray[np.float64]:
    """1 where most of those who judged said yes, 0 where most did not, one half at a tie; NaN where nobody judged."""
    yes, judged = np.asarray(yes, dtype=float), np.asarray(judged, dtype=float)
    return np.where(judged > 0, (np.sign(2 * yes - judged) + 1) * TIED, np.nan)


def against_majority(
    yes: ArrayLike,
    judged: ArrayLike,
    complete: ArrayLike,
    kept: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> AgainstMajority:
    """Accuracy and the like from complete items alone; arguments (rows,), `yes` of `judged` annotators said so.

    Row r stands for `items[r]` items; `weights`, `strata` and `clusters` as in `confusion`. Undefined until
    FEWEST_COMPLETE items are complete. An item that nobody judged is never complete.
    """
    truth = majority_truth(yes, judged)
    within = np.asarray(complete, dtype=bool) & ~np.isnan(truth)
    design = {"weights": weights, "strata": strata, "items": items, "clusters": clusters}
    chosen = {name: None if column is None else np.asarray(column)[within] for name, column in design.items()}
    n, tied = (
        round(float(numbers(chosen["items"], within.sum()) @ which))
        for which in (within[within], truth[within] == TIED)
    )
    quality = confusion(np.asarray(kept, dtype=bool)[within], truth[within], **chosen)
    if n < FEWEST_COMPLETE:
        quality = without_figures(quality, f"{n} items are complete, and {FEWEST_COMPLETE} are needed", n)
    return AgainstMajority(quality, n, tied)


def without_figures(quality: FilterQuality, reason: str, n: int = 0) -> FilterQuality:
    """The cells stay."""
    figures = [field.name for field in fields(quality) if isinstance(getattr(quality, field.name), Estimate)]
    without: dict[str, Any] = dict.fromkeys(figures, undefined(reason, n))
    return replace(quality, **without)
