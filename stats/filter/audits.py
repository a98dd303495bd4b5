"""What people say of the verdict once they have seen it: "the filter was right"."""

import numpy as np
from numpy.typing import ArrayLike

from stats.estimate import Estimate
from stats.sample import sample_of

NO_AUDITS = "no verdict has been audited yet"


def audit_rate(
    right: ArrayLike,
    audits: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Estimate:
    """The run's mean of the share of an item's audits that say right; `right` of `audits` did, arguments (rows,).

    `weights`, 1/inclusion probability, let it speak of the run. Items, or co-buys as `clusters`, are the sampling
    units: answers on one item are alike (Särndal, Swensson and Wretman 1992, section 5.7). Rows without an audit count
    for the design's variance alone. n is items.
    """
    right, audits = np.asarray(right, dtype=float), np.asarray(audits, dtype=float)
    sample = sample_of(len(audits), weights, strata, items=items, clusters=clusters)
    return sample.ratio(right / np.maximum(audits, 1), audits > 0, NO_AUDITS)


def answers_rate(
    yes: ArrayLike,
    answers: ArrayLike,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    reason: str = NO_AUDITS,
) -> Estimate:
    """Σ yes / Σ answers of what was judged, unweighted, an item's answers counting as one unit; n is items."""
    sample = sample_of(len(np.asarray(yes)), items=items, clusters=clusters)
    return sample.ratio(yes, answers, reason)
