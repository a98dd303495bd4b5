"""Precision against recall, as FolkScope shows its filter (Yu et al. 2023): by threshold, and by wanted recall."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.estimate import Estimate, undefined
from stats.filter.resampled_curves import ResampledCurves
from stats.filter.thresholds import GRID, TOO_FEW_KEPT, Curve, Floats
from stats.resampling import percentile_interval
from stats.survey.run import kept_share

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
RECALLS = (0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """`preserved` is the share of the run that is kept: counted where the run was given, else estimated."""

    threshold: float
    preserved: Estimate
    precision: Estimate
    recall: Estimate

    def as_dict(self) -> dict[str, object]:
        leaves = {name: getattr(self, name).as_dict() for name in ("preserved", "precision", "recall")}
        return {"threshold": self.threshold, **leaves}


@dataclass(frozen=True, slots=True)
class AtRecall:
    """Precision at the highest threshold that still reaches this recall."""

    recall: float
    threshold: float | None
    precision: Estimate

    def as_dict(self) -> dict[str, object]:
        return {"recall": self.recall, "threshold": self.threshold, "precision": self.precision.as_dict()}


def by_threshold(
    curve: Curve,
    kept_of_run: Sequence[int] | None = None,
    intentions: int = 0,
    thresholds: Sequence[float] = THRESHOLDS,
) -> list[AtThreshold]:
    """`kept_of_run` counts the run's intentions with p_yes at or over each threshold, of so many `intentions`."""
    found = []
    for k, threshold in enumerate(thresholds):
        figures = curve.at(threshold)
        preserved = figures["kept_share"] if kept_of_run is None else kept_share(kept_of_run[k], intentions)
        found.append(AtThreshold(threshold, preserved, figures["precision"], figures["recall"]))
    return found


def by_recall(curve: Curve, resampled: ResampledCurves, recalls: Sequence[float] = RECALLS) -> list[AtRecall]:
    """Each resample finds its own threshold for the recall, so the interval, of percentiles, holds that doubt too."""
    return [_at_recall(curve, resampled, recall) for recall in recalls]


def precision_recall(curve: Curve) -> dict[str, Floats]:
    """Points of the curve from all kept to few, one for each threshold that changes something; NaN below 20 kept."""
    at = curve.changes()
    bounds = {name: getattr(curve.precision, name)[at] for name in ("value", "low", "high")}
    return {"threshold": GRID[at], "recall": curve.recall.value[at], **bounds}


def _at_recall(curve: Curve, resampled: ResampledCurves, recall: float) -> AtRecall:
    n = round(float(curve.kept[0]))
    if np.isnan(curve.recall.value[0]):
        return AtRecall(recall, None, undefined(curve.at(0)["recall"].reason, n))
    place = int(_last(curve.recall.value[np.newaxis] >= recall)[0])
    value = float(curve.precision.value[place])
    if np.isnan(value):
        return AtRecall(recall, float(GRID[place]), undefined(TOO_FEW_KEPT, n))
    draws = resampled.precision[np.arange(len(resampled.precision)), _last(resampled.recall >= recall)]
    draws = draws[~np.isnan(draws)]
    low, high = percentile_interval(draws) if len(draws) else (value, value)
    interval = (min(low, value), max(high, value))
    return AtRecall(recall, float(GRID[place]), Estimate(value, interval, round(float(curve.kept[place]))))


def _last(reaches: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The highest threshold that reaches it, of (choices, 1001), as recall falls with the threshold."""
    last: NDArray[np.int64] = np.maximum(reaches.sum(axis=1) - 1, 0)
    return last
