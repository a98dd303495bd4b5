"""Recall of a run whose kept share is known: what was estimated of the kept and of the rejected, put together."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEAST = 1e-12  # so that a share of none has a logarithm; no bound moves by more than that


def recall_bounds(
    kept_share: float, kept: tuple[ArrayLike, ArrayLike, ArrayLike], rejected: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> tuple[Floats, Floats, Floats]:
    """A·P/(A·P + (1 - A)·Q) with the kept share A: value and bounds, of the value and bounds of the shares plausible
    among the kept, P, and among the rejected, Q; for numbers and arrays alike.

    It moves with P/Q alone, whose bounds on the logarithm follow from those of both: MOVER (Zou and Donner 2008). What
    hangs on very few items does so in the bounds of P and Q, which know it, and in no variance of a handful of items.
    """
    log_p, log_q = (np.log(np.maximum(np.asarray(each, dtype=float), LEAST)) for each in (kept, rejected))
    ratio = log_p[0] - log_q[0]
    low = ratio - np.hypot(log_p[0] - log_p[1], log_q[2] - log_q[0])
    high = ratio + np.hypot(log_p[2] - log_p[0], log_q[0] - log_q[1])
    return _share(kept_share, ratio), _share(kept_share, low), _share(kept_share, high)


def _share(kept_share: float, log_ratio: Floats) -> Floats:
    share: Floats = kept_share / (kept_share + (1 - kept_share) * np.exp(-log_ratio))
    return share
