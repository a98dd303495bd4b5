"""Where to put the threshold: for a wanted precision, the best F1 or the best accuracy, and how sure that is.

The figures of the items that chose a threshold are too good. For a wanted precision they are taken back by what
resamples are too good (Efron 1983), for a lower bound of it by what smoothed ones are, as the others take back too
little there, and of few items not at all: only the lucky studies of so few reach it, which no study can tell of itself.
For a best F1 or accuracy, where both do, there is `crossfit.cross_fitted`, whose bias for a wanted
precision would be two to three points.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stats.estimate import Estimate, undefined
from stats.filter.crossfit import Figure, highest_point
from stats.filter.resampled_curves import ResampledCurves, SmoothedCurves
from stats.filter.thresholds import FEWEST_KEPT, FIGURES, GRID, Curve, Floats
from stats.rates import NO_JUDGMENTS
from stats.resampling import percentile_interval

By = Literal["point", "lower"]
# Of 100 items as many as 60 % of studies reach a lower bound of 0.8 nowhere, and the figures of those that do stay 1.4
# to 3.4 points too good, in two worlds; of 200, under 0.5. Their promise holds: under 5 % of all studies break it.
FEWEST_TOLD = 200


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


def threshold_for(
    curve: Curve,
    resampled: ResampledCurves,
    precision: float,
    by: By = "point",
    smoothed: SmoothedCurves | None = None,
) -> Choice:
    """The lowest threshold with at least this precision, and so the most kept; the interval is of percentiles.

    By its point, or by the lower bound of its 95 % interval, of which fewer than FEWEST_TOLD items tell no more. A
    resample that nowhere reaches it counts as 1, so an upper bound of 1 says: perhaps at none. The figures are less by
    their optimism, that of `smoothed` where given.
    """
    bound = curve.precision.value if by == "point" else curve.precision.low
    reached = bound >= precision
    if not reached.any():
        what = "a precision" if by == "point" else "a precision with a lower bound"
        return _nowhere(curve, f"no threshold that keeps {FEWEST_KEPT} judged items reaches {what} of {precision:g}")
    places = _reached(resampled, precision, by)
    choice = _choice(curve, int(reached.argmax()), np.where(places >= 0, GRID[places], 1.0))
    if smoothed is None:
        gaps = {name: _optimism(getattr(resampled, name), getattr(curve, name).value, places) for name in FIGURES}
    else:
        own, model = _reached(smoothed.resampled, precision, by), smoothed.model
        gaps = {name: _optimism(getattr(smoothed.resampled, name), getattr(model, name)[0], own) for name in FIGURES}
    honest = {name: _less(each, gaps[name]) for name, each in choice.apparent.items()}
    if by == "lower" and choice.threshold.n < FEWEST_TOLD:
        honest = _promise(honest, precision, choice.threshold.n)
    nowhere = int((places < 0).sum())
    note = f"{nowhere} of {len(places)} resamples reach it nowhere" if nowhere else ""
    return replace(choice, threshold=replace(choice.threshold, note=note), figures=honest)


def _promise(figures: dict[str, Estimate], precision: float, n: int) -> dict[str, Estimate]:
    """What a lower bound says, and no more; how much is kept did not choose."""
    reason = f"at least {precision:g} by its lower bound; figures there need {FEWEST_TOLD} judged items, of {n} they "
    reason += "would be too good"
    return {name: each if name == "kept_share" else undefined(reason, n) for name, each in figures.items()}


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


def _reached(resampled: ResampledCurves, precision: float, by: By) -> NDArray[np.int64]:
    """The place of each resample's threshold, -1 where none is."""
    bounds = resampled.precision if by == "point" else resampled.lower
    if bounds is None:
        raise ValueError("these curves were resampled without the lower bound that is to choose the threshold")
    reaches = bounds >= precision
    return np.where(reaches.any(axis=1), reaches.argmax(axis=1), -1)


def _optimism(resampled: Floats, whole: Floats, places: NDArray[np.int64]) -> float:
    """By how much a figure of a resample (draws, 1001), at its own choice, passes that of what it was drawn from
    (1001,) there: Efron 1983, section 2. Resamples with a place of -1 chose nothing.
    """
    chose = np.flatnonzero(places >= 0)
    gaps = resampled[chose, places[chose]] - whole[places[chose]]
    return float(np.nanmean(gaps)) if (~np.isnan(gaps)).any() else 0.0


def _less(figure: Estimate, optimism: float) -> Estimate:
    if figure.value is None or figure.ci95 is None:
        return figure
    value, low, high = (min(max(each - optimism, 0.0), 1.0) for each in (figure.value, *figure.ci95))
    return replace(figure, value=value, ci95=(low, high))


def _choice(curve: Curve, k: int, draws: Floats) -> Choice:
    low, high = percentile_interval(draws)
    value = float(GRID[k])
    threshold = Estimate(value, (min(low, value), max(high, value)), round(float(curve.kept[0])))
    return Choice(threshold, curve.at(value), curve.at(value))


def _nowhere(curve: Curve, reason: str) -> Choice:
    n = round(float(curve.kept[0]))
    figures = {name: undefined(reason, n) for name in curve.at(0)}
    return Choice(undefined(reason, n), figures, figures)
