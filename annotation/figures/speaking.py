"""For whom the judged items speak: also for those of their strata that stay unjudged."""

import numpy as np
from numpy.typing import NDArray

from annotation.figures.patterns import Patterns

DIGITS = 9  # so that sums in another order give the same weights to the last digit


def response_factors(judged: Patterns, strata: NDArray[np.str_], *, of_complete: bool = False) -> NDArray[np.float64]:
    """What the weight of an item of each of these strata (rows,) grows by, for those that stay unjudged beside it.

    `of_complete`: complete items with a verdict, and what stays incomplete. A stratum whose first came after the judged
    were read speaks for itself.
    """
    within = judged.complete & judged.filtered if of_complete else np.ones(len(judged.items), dtype=bool)
    weights = judged.complete_weights if of_complete else judged.weights
    names, code = np.unique(judged.strata[within], return_inverse=True)
    speaking = np.bincount(code, (weights * judged.items)[within], len(names))
    alone = np.bincount(code, (judged.items / judged.inclusion)[within], len(names))
    factors = dict(zip(names.tolist(), np.round(speaking / alone, DIGITS).tolist(), strict=True))
    return np.array([factors.get(name, 1.0) for name in strata.tolist()], dtype=float)
