"""Precision against recall, and both at usual thresholds, as FolkScope shows its filter."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from annotation.figures.panels.filter.threshold import draws_of, recalls_of
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Chart, Curve, Point, band, chart_scales, line, ticks
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table, Value
from distillation.runs.p_yes import STEPS
from stats.filter.precision_recall import THRESHOLDS, AtRecall, AtThreshold, by_threshold, precision_recall
from stats.filter.resampled_curves import resampled_curves
from stats.filter.thresholds import FEWEST_KEPT, Floats, threshold_curve
from stats.survey.run import COUNTED

HEIGHT = 290
MARKS = (0, 0.25, 0.5, 0.75, 1)
PERCENT = ("0", "25", "50", "75", "100 %")


@dataclass(frozen=True, slots=True)
class Recall:
    """`points` of the curve, one for each threshold that changes something, of `items` with a majority."""

    items: int
    by_threshold: list[AtThreshold]
    by_recall: list[AtRecall]
    points: dict[str, Floats]


def numbers(rows: Rows) -> Recall:
    decided = rows.decided()
    curve = rows.once("curve", lambda: threshold_curve(**decided.arguments()))
    again = partial(resampled_curves, **decided.arguments(), draws=draws_of(decided), lower=False)
    return Recall(
        items=round(float(curve.kept[0])),
        by_threshold=by_threshold(curve, *_of_run(rows)),
        by_recall=recalls_of(decided, curve, again),
        points=precision_recall(curve),
    )


def _of_run(rows: Rows) -> tuple[list[int] | None, int]:
    """Verdicts of the run at or over each threshold, and all."""
    counts = rows.of_run()
    if counts is None:
        return None, 0
    return [int(counts[round(STEPS * threshold) :].sum()) for threshold in THRESHOLDS], int(counts.sum())


def words(found: Recall) -> Shown:
    if not found.items:
        return Shown(empty="No item has a verdict and a majority of people yet: there is nothing to draw.")
    columns = (Column("At"), Column("Strictness", "number"), Column("Precision", "share"), Column("Recall", "share"),
               Column("Kept of the run", "share"))  # fmt: skip
    lines: list[tuple[Value, ...]] = [
        (f"p(yes) from {at.threshold:g}", at.threshold, at.precision, at.recall, at.preserved)
        for at in found.by_threshold
    ]
    lines += [(f"Recall of {at.recall:g}", at.threshold, at.precision, at.recall, None) for at in found.by_recall]
    counted = any(at.preserved.note == COUNTED for at in found.by_threshold)
    return Shown(
        short="From all kept, on the right, to few, with 95 % at each point. Kept of the run is "
        f"{'counted over all its verdicts' if counted else 'estimated from the items'}.",
        table=Table("Precision and recall by threshold, and precision by recall", columns, lines),
    )


def plot(found: Recall) -> Chart:
    along, down = chart_scales(HEIGHT)
    order = np.argsort(found.points["recall"], kind="stable")
    recall, value, low, high = (_values(found.points[name][order]) for name in ("recall", "value", "low", "high"))
    return Chart(
        label="Precision over recall; the table has the values at usual thresholds",
        across="Recall",
        up="Precision, with 95 % band",
        height=HEIGHT,
        along=ticks(along, MARKS, PERCENT),
        down=ticks(down, MARKS, PERCENT),
        bands=[Curve(band([each or 0.0 for each in recall], low, high), "c-accent")],
        lines=[Curve(line([each or 0.0 for each in recall], value), "c-accent")],
        points=[
            Point(along(at.recall.value), down(at.precision.value), css="c-ink", hollow=True)
            for at in found.by_threshold
            if at.recall.value is not None and at.precision.value is not None
        ],
    )


def _values(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 4) for value in values]


PANEL = Panel(
    "recall",
    "Precision against recall",
    How(
        "Of the judged items with a verdict and a majority, weighted to the run. At a recall: the highest strictness "
        "that still reaches it, found anew in each resample, so that its interval holds that doubt too. No precision "
        f"is told from fewer than {FEWEST_KEPT} kept items. Circles: p(yes) from 0.5, 0.6, 0.7, 0.8 and 0.9.",
        "precision = kept and plausible / kept · recall = kept and plausible / plausible",
        "Yu et al. 2023 (FolkScope), for the thresholds; Särndal, Swensson and Wretman 1992, section 5.7; Efron 1979.",
    ),
    numbers,
    words,
    plot,
)
