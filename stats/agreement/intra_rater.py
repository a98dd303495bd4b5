"""Does an annotator say the same of the same item again?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from stats.agreement.coefficients import gwet_ac1, percent_agreement
from stats.agreement.cohen import cohen_kappa
from stats.estimate import Estimate


@dataclass(frozen=True, slots=True)
class IntraRater:
    percent: Estimate
    kappa: Estimate
    ac1: Estimate

    def as_dict(self) -> dict[str, object]:
        return {name: getattr(self, name).as_dict() for name in ("percent", "kappa", "ac1")}


def intra_rater(first: ArrayLike, again: ArrayLike, categories: int, *, items: ArrayLike | None = None) -> IntraRater:
    """Agreement of first and repeated answers, as codes 0 … categories - 1; arguments (rows,), of `items[r]` repeats.

    Percent, Cohen's κ (1960) of first against second time, and Gwet's AC1 (2008), with the repeated item as sampling
    unit; an item repeated to several annotators counts as several. An annotator who remembers looks reliable.
    """
    first, again = np.asarray(first, dtype=np.int64), np.asarray(again, dtype=np.int64)
    repeats = np.ones(len(first)) if items is None else np.asarray(items, dtype=float)
    counts = np.eye(categories)[first] + np.eye(categories)[again]
    table = np.bincount(first * categories + again, repeats, categories**2).reshape(categories, categories)
    return IntraRater(
        percent=percent_agreement(counts, repeats)["item_mean"],
        kappa=cohen_kappa(table),
        ac1=gwet_ac1(counts, repeats),
    )
