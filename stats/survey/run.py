"""What is known of a run whole: how many intentions, how many kept, and the sums of p_yes."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined

Floats = NDArray[np.float64]

NO_INTENTIONS = "the run has no intentions"
COUNTED = "counted over the whole run, not estimated"


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Sums over the intentions of a run with a verdict, by stratum (H,): a `GROUP BY` gives them.

    `kept` counts the kept, `p_yes` sums p_yes, `kept_p_yes` sums it over the kept, `without_p_yes` counts those that
    have none. `strata` names them as the sample's rows do; without strata there is one sum of each.
    """

    intentions: Floats
    kept: Floats
    p_yes: Floats
    kept_p_yes: Floats
    without_p_yes: Floats
    strata: NDArray[np.str_] | NDArray[np.int64] | None = None

    def at(self, places: NDArray[np.int64]) -> "RunTotals":
        return RunTotals(*(getattr(self, field.name)[places] for field in fields(self)))

    def place(self, strata: NDArray[Any]) -> NDArray[np.int64]:
        """Where each of the named strata stands, -1 where it is not."""
        names = np.asarray(self.strata)
        if not len(names):
            return np.full(len(strata), -1)
        order = np.argsort(names)
        at = np.minimum(np.searchsorted(names, strata, sorter=order), len(order) - 1)
        return np.where(names[order[at]] == strata, order[at], -1)


def run_totals(
    intentions: ArrayLike,
    kept: ArrayLike,
    p_yes: ArrayLike,
    kept_p_yes: ArrayLike,
    *,
    without_p_yes: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> RunTotals:
    """From numbers, or from columns of equal length."""
    everything, of_kept, p, kept_p = (
        np.atleast_1d(np.asarray(each, float)) for each in (intentions, kept, p_yes, kept_p_yes)
    )
    missing = np.zeros_like(everything) if without_p_yes is None else np.atleast_1d(np.asarray(without_p_yes, float))
    names = None if strata is None else np.asarray(strata)
    if len(everything) != (1 if names is None else len(set(names.tolist()))):
        raise ValueError("the totals of a run are one sum of each kind, or each stratum's once, with its name")
    return RunTotals(everything, of_kept, p, kept_p, missing, names)


def kept_share(kept: int, intentions: int) -> Estimate:
    """Known, so without an interval: the filter's verdict on every intention is there."""
    if not intentions:
        return undefined(NO_INTENTIONS)
    return Estimate(kept / intentions, n=intentions, note=COUNTED)


def kept_difference(kept: tuple[int, int], intentions: tuple[int, int]) -> Estimate:
    """Of the shares of two runs, the first less the second; it can't be chance, as both are counted."""
    if not all(intentions):
        return undefined(NO_INTENTIONS)
    (a, b), (n, m) = kept, intentions
    return Estimate(a / n - b / m, n=n + m, note=COUNTED)
