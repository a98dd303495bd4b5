"""How many annotators chose each category, in one integer: seven bits a category, the lowest first."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

BITS = 7  # an overlap is at most 100; nine categories then fit into a bigint, and no scale has more than seven


def unit(place: int) -> int:
    """One label in the category at `place`; packed counts are sums of units."""
    return 1 << BITS * place


def unpack(packed: ArrayLike, categories: int) -> NDArray[np.int64]:
    """(rows,) of packed counts -> (rows, categories)."""
    shifts = BITS * np.arange(categories)
    return np.asarray(packed, dtype=np.int64)[:, np.newaxis] >> shifts & (unit(1) - 1)
