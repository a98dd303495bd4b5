"""How much two categories agree, as a symmetric matrix with ones on the diagonal: Gwet 2014, chapter 3."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def identity(values: Floats) -> Floats:
    return np.eye(len(values))


def linear(values: Floats) -> Floats:
    agreement: Floats = 1 - _distance(values) / np.ptp(values)
    return agreement


def quadratic(values: Floats) -> Floats:
    agreement: Floats = 1 - (_distance(values) / np.ptp(values)) ** 2
    return agreement


def ordinal(values: Floats) -> Floats:
    """1 - C(r+1, 2)/C(q, 2) for categories r ranks apart: only their order counts."""
    ranks_apart = _distance(np.arange(len(values), dtype=float))
    pairs = (ranks_apart + 1) * ranks_apart / 2
    agreement: Floats = 1 - pairs / pairs.max()
    return agreement


def midranks(totals: Floats) -> Floats:
    """Mean rank of each category's judgments (…, categories); squared differences: the metric of Krippendorff 2011."""
    return np.cumsum(totals, axis=-1) - totals / 2


def _distance(values: Floats) -> Floats:
    return np.abs(values[:, np.newaxis] - values)
