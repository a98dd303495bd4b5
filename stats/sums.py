"""Sums by group: numpy's own types say that they are whole numbers, which they are of counts alone."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def sums(group: NDArray[np.int64], values: ArrayLike, groups: int = 0) -> NDArray[np.float64]:
    """Σ values by group 0, 1, ...: (groups,) or as many more as occur."""
    return np.asarray(np.bincount(group, values, groups), dtype=float)
