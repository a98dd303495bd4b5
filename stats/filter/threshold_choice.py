"""Where to put the threshold: for a wanted precision, the best F1 or the best accuracy, and how sure that is.

The figures of the items that chose a threshold are too good. For a wanted precision they are taken back by what
resamples are too good (Efron 1983); for a best F1 or accuracy, where that takes back too little, there is
`crossfit.cross_fitted`, whose bias for a wanted precision would be two to three points.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.filter.crossfit import Figure, highest_point
from stats.filter.thresholds import FEWEST_KEPT, GRID, Curve, Floats, thousandth
from stats.intervals import score_interval
from stats.rates import NO_JUDGMENTS
from stats.resampling import DRAWS, Cells, cells_of, percentile_interval, resamples
from stats.sample import sample_of
from stats.sums import sums

By = Literal["point", "lower"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold and the filter's figures there; `apparent` are those of the items that chose it, which are too good.

    `figures` are to be reported. Those of `best_threshold` are the apparent ones until `reported` replaces them.
    """

    threshold: Estimate
    figures: dict[str, Estimate]
    apparent: dict[str, Estimate]

    def reported(self, honest: dict[str, Estimate]) -> "Choice":
        """With figures of items that did not choose."""
        return self if self.threshold.value is None else replace(self, figures=honest)

    def as_dict(self) -> dict[str, object]:
        return {
            "threshold": self.threshold.as_dict(),
            **{name: figure.as_dict() for name, figure in self.figures.items()},
        }


@dataclass(frozen=True, slots=True)
class ResampledCurves:
    """By resample and threshold: (draws, 1001); precision is NaN where too few are kept.

    `lower` is precision's lower bound, Wilson's at Kish's effective size.
    """

    kept_share: Floats
    precision: Floats
    lower: Floats
    recall: Floats
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
    some = len(cells.items) > 0
    drawn = np.stack(list(resamples(cells, seed, draws))) if some else np.zeros((0, 0))
    kept_items = _above(cells, drawn).sum(axis=1)
    misses, hits = _above(cells, drawn * cells.weights).transpose(1, 0, 2)
    squares = _above(cells, drawn * cells.weights**2).sum(axis=1)
    all_hits, everything, kept = hits[:, :1], (hits + misses)[:, :1], hits + misses
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(kept_items >= FEWEST_KEPT, hits / kept, np.nan)
        by_step = {
            "kept_share": kept / everything,
            "precision": precision,
            "lower": score_interval(precision, kept**2 / squares)[0],
            "recall": hits / all_hits,
            "f1": 2 * hits / (kept + all_hits),
            "accuracy": (2 * hits - all_hits + everything - kept) / everything,
        }
    step = np.searchsorted(np.unique(cells.place), np.arange(len(GRID)))
    return ResampledCurves(**{name: each[:, step] for name, each in by_step.items()})


def threshold_for(curve: Curve, resampled: ResampledCurves, precision: float, by: By = "point") -> Choice:
    """The lowest threshold with at least this precision, and so the most kept; the interval is of percentiles.

    By its point, or by the lower bound of its 95 % interval. A resample that nowhere reaches it counts as 1, so an
    upper bound of 1 says: perhaps at none. The figures are less by their optimism.
    """
    bound, resampled_bound = (
        (curve.precision.value, resampled.precision) if by == "point" else (curve.precision.low, resampled.lower)
    )
    reached = bound >= precision
    if not reached.any():
        what = "a precision" if by == "point" else "a precision with a lower bound"
        return _nowhere(curve, f"no threshold that keeps {FEWEST_KEPT} judged items reaches {what} of {precision:g}")
    reaches = resampled_bound >= precision
    places = np.where(reaches.any(axis=1), reaches.argmax(axis=1), -1)
    choice = _choice(curve, int(reached.argmax()), np.where(places >= 0, GRID[places], 1.0))
    honest = {name: _less(each, _optimism(curve, resampled, name, places)) for name, each in choice.apparent.items()}
    nowhere = int((places < 0).sum())
    note = f"{nowhere} of {len(places)} resamples reach it nowhere" if nowhere else ""
    return replace(choice, threshold=replace(choice.threshold, note=note), figures=honest)


def best_threshold(curve: Curve, resampled: ResampledCurves, figure: Figure) -> Choice:
    """The threshold of the highest F1 or accuracy, the lowest where several are; the interval is of percentiles.

    A highest point is hard to know: the bootstrap of it is rough (Abrevaya and Huang 2005), so read it as a range.
    """
    values = getattr(curve, figure).value
    if np.isnan(values).all():
        return _nowhere(curve, NO_JUDGMENTS)
    tops = getattr(resampled, figure)
    tops = tops[~np.isnan(tops).all(axis=1)]
    return _choice(curve, int(highest_point(values[np.newaxis])[0]), GRID[highest_point(tops)])


def _optimism(curve: Curve, resampled: ResampledCurves, figure: str, places: NDArray[np.int64]) -> float:
    """By how much a figure of a resample, at its own choice, passes that of all items there: Efron 1983, section 2.

    Resamples with a place of -1 chose nothing.
    """
    chose = np.flatnonzero(places >= 0)
    at = places[chose]
    gaps = getattr(resampled, figure)[chose, at] - getattr(curve, figure).value[at]
    return float(np.nanmean(gaps)) if (~np.isnan(gaps)).any() else 0.0


def _less(figure: Estimate, optimism: float) -> Estimate:
    if figure.value is None or figure.ci95 is None:
        return figure
    value, low, high = (min(max(each - optimism, 0.0), 1.0) for each in (figure.value, *figure.ci95))
    return replace(figure, value=value, ci95=(low, high))


def _above(cells: Cells, values: Floats) -> Floats:
    """Σ values (draws, cells) of the implausible [0] and plausible [1] items over each threshold that keeps others than
    the one before, and over one that keeps nothing: (draws, 2, steps)."""
    used, step = np.unique(cells.place, return_inverse=True)
    steps, draws = len(used) + 1, len(values)
    place = 2 * np.arange(draws)[:, np.newaxis] + cells.plausible
    at = sums((place * steps + step).ravel(), values.ravel(), 2 * draws * steps).reshape(draws, 2, steps)
    above: Floats = at[..., ::-1].cumsum(axis=-1)[..., ::-1]
    return above


def _choice(curve: Curve, k: int, draws: Floats) -> Choice:
    low, high = percentile_interval(draws)
    value = float(GRID[k])
    threshold = Estimate(value, (min(low, value), max(high, value)), round(float(curve.kept[0])))
    return Choice(threshold, curve.at(value), curve.at(value))


def _nowhere(curve: Curve, reason: str) -> Choice:
    n = round(float(curve.kept[0]))
    figures = {name: undefined(reason, n) for name in curve.at(0)}
    return Choice(undefined(reason, n), figures, figures)
