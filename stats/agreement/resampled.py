"""α of many resamples at once: their values alone, without the interval that each would have by itself."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def krippendorff_alphas(counts: Floats, items: Floats) -> Floats:
    """Nominal α of Krippendorff 2011, as `krippendorff_alpha` has it: counts (rows, categories), items (draws, rows).

    A draw in which it is undefined (no or one pairable item, or one category alone) gives NaN.
    """
    pairable = counts.sum(axis=1) >= 2
    counts, items = counts[pairable], items[:, pairable]
    totals = items @ counts
    labels = totals.sum(axis=1)
    observed = items @ ((counts * (counts - 1)).sum(axis=1) / (counts.sum(axis=1) - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        p_a, p_e = observed / labels, (totals**2).sum(axis=1) / labels**2
        alpha: Floats = 1 - (1 - 1 / labels) * (1 - p_a) / (1 - p_e)
    defined = (items.sum(axis=1) > 1) & (np.count_nonzero(totals, axis=1) > 1)
    return np.where(defined, alpha, np.nan)
