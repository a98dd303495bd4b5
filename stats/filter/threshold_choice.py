"""Where to put the threshold: for a wanted precision, the best F1 or the best accuracy, and how sure that is."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from stats.estimate import Estimate, undefined
from stats.filter.thresholds import FEWEST_KEPT, GRID, Curve, Floats, thousandth
from stats.rates import NO_JUDGMENTS
from stats.resampling import DRAWS, Cells, cells_of, percentile_interval, resamples
from stats.sample import sample_of

Figure = Literal["f1", "accuracy"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold and the filter's figures there. They are those of `Curve.at`: a little too good, as it was chosen."""

    threshold: Estimate
    figures: dict[str, Estimate]

    def as_dict(self) -> dict[str, object]:
        return {
            "threshold": self.threshold.as_dict(),
            **{name: figure.as_dict() for name, figure in self.figures.items()},
        }


@dataclass(frozen=True, slots=True)
class ResampledCurves:
    """Precision (NaN where too few are kept), F1 and accuracy by resample and threshold: (draws, 1001)."""

    precision: Floats
    f1: Floats
    accuracy: Floats


def resampled_curves(
    p_yes: ArrayLike,
    plausible: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    seed: int = 1,
    draws: int = DRAWS,
) -> ResampledCurves:
    """Curves of resamples of the items within strata; arguments (rows,) as in `threshold_curve`."""
    p_yes, plausible = np.asarray(p_yes, dtype=float), np.asarray(plausible, dtype=bool)
    cells = cells_of(thousandth(p_yes), p_yes, plausible, sample_of(len(p_yes), weights, strata, items=items))
    drawn = list(resamples(cells, seed, draws)) if len(cells.items) else []
    kept_items = _above(cells, drawn, np.ones(len(cells.items))).sum(axis=1)
    misses, hits = _above(cells, drawn, cells.weights).transpose(1, 0, 2)
    all_hits, everything = hits[:, :1], (hits + misses)[:, :1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return ResampledCurves(
            precision=np.where(kept_items >= FEWEST_KEPT, hits / (hits + misses), np.nan),
            f1=2 * hits / (hits + misses + all_hits),
            accuracy=(2 * hits - all_hits + everything - (hits + misses)) / everything,
        )


def threshold_for(curve: Curve, resampled: ResampledCurves, precision: float) -> Choice:
    """The lowest threshold with at least this precision, and so the most kept; the interval is of percentiles.

    A resample that nowhere reaches it counts as 1, so an upper bound of 1 says: perhaps at none.
    """
    reached = curve.precision.value >= precision
    if not reached.any():
        reason = f"no threshold that keeps {FEWEST_KEPT} judged items reaches a precision of {precision:g}"
        return _nowhere(curve, reason)
    reaches = resampled.precision >= precision
    draws = np.where(reaches.any(axis=1), GRID[reaches.argmax(axis=1)], 1.0)
    return _choice(curve, int(reached.argmax()), draws)


def best_threshold(curve: Curve, resampled: ResampledCurves, figure: Figure) -> Choice:
    """The threshold of the highest F1 or accuracy, the lowest where several are; the interval is of percentiles.

    A highest point is hard to know: the bootstrap of it is rough (Abrevaya and Huang 2005), so read it as a range.
    """
    values = getattr(curve, figure).value
    if np.isnan(values).all():
        return _nowhere(curve, NO_JUDGMENTS)
    tops = getattr(resampled, figure)
    tops = tops[~np.isnan(tops).all(axis=1)]
    return _choice(curve, _lowest_top(values[np.newaxis])[0], GRID[_lowest_top(tops)])


def _above(cells: Cells, drawn: list[Floats], weights: Floats) -> Floats:
    """Σ weights over each threshold of the implausible [0] and plausible [1] items: (draws, 2, 1001)."""
    place = cells.plausible * len(GRID) + cells.place
    sums = [np.bincount(place, items * weights, 2 * len(GRID)) for items in drawn]
    at = np.array(sums).reshape(-1, 2, len(GRID))
    return at[..., ::-1].cumsum(axis=-1)[..., ::-1]


def _lowest_top(values: Floats) -> np.ndarray:
    # Equal tops differ by rounding.
    return (values >= np.nanmax(values, axis=1, keepdims=True) - 1e-12).argmax(axis=1)


def _choice(curve: Curve, k: int, draws: Floats) -> Choice:
    low, high = percentile_interval(draws)
    value = float(GRID[k])
    threshold = Estimate(value, (min(low, value), max(high, value)), round(float(curve.kept[0])))
    return Choice(threshold, curve.at(value))


def _nowhere(curve: Curve, reason: str) -> Choice:
    n = round(float(curve.kept[0]))
    return Choice(undefined(reason, n), {name: undefined(reason, n) for name in curve.at(0)})
