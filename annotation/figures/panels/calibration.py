"""Whether p(yes) means what it says."""

import numpy as np

from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.rows import MOST_FINE, Decided, decided
from annotation.figures.panels.tables import Column, Table
from annotation.figures.panels.words import because, interval, plain
from annotation.figures.plots import Chart, Point, chart_scales, ticks
from stats.estimate import Estimate
from stats.filter.calibration import Bin, Calibration, calibration
from stats.filter.thresholds import Floats

HEIGHT = 260
DRAWS = 200


def show(asked: Asked) -> Shown:
    rows = decided(asked)
    if not len(rows.items):
        return Shown(empty="No item has a verdict and a majority of people yet: there is nothing to compare.")
    found = calibration(**rows.arguments() | {"p_yes": _middles(rows)}, draws=DRAWS)
    return Shown(
        short="Share that people find plausible, among items about as probable; on the dashed line p(yes) is honest. "
        "Bars: 95 %.",
        plot=_plot(found),
        table=_table(found),
        more={"figures": [_figure("Brier score", found.brier), _figure("Calibration error (ECE)", found.ece)]},
    )


def _middles(rows: Decided) -> Floats:
    """Of the steps of p(yes); a plain yes or no stays 1 or 0."""
    p_yes = rows.p_yes
    return np.where((p_yes > 0) & (p_yes < 1), p_yes + 0.5 / rows.steps, p_yes)


def _plot(found: Calibration) -> Chart:
    along, down = chart_scales(HEIGHT)
    marks = (0, 0.25, 0.5, 0.75, 1)
    return Chart(
        label="Share plausible over p(yes) in ten bins; the table has the values",
        height=HEIGHT,
        along=ticks(along, marks, ("0", "0.25", "0.5", "0.75", "1")),
        down=ticks(down, marks, ("0", "25", "50", "75", "100 %")),
        points=[_point(each, along, down) for each in found.bins if each.plausible.value is not None],
        diagonal=True,
    )


def _point(of: Bin, along, down) -> Point:
    low, high = of.plausible.ci95 or (None, None)
    bounds = (None, None) if low is None else (down(low), down(high))
    return Point(along(of.p_yes), down(of.plausible.value), *bounds)


def _table(found: Calibration) -> Table:
    bins = [
        (f"{each.low:.1f} to {each.high:.1f}", each.p_yes, each.plausible, each.plausible.n)
        for each in found.bins
        if each.plausible.n
    ]
    summary = [("Brier score", None, found.brier, found.brier.n), ("ECE", None, found.ece, found.ece.n)]
    columns = (Column("p(yes)"), Column("Mean p(yes)", "coefficient"), Column("Plausible", "coefficient"),
               Column("Items", "count"))  # fmt: skip
    return Table("Plausible by p(yes), with 95 % intervals", columns, bins + summary)


def _figure(name: str, figure: Estimate) -> dict:
    form = _thousandths
    return {"name": name, "value": form(figure.value), "interval": interval(figure.ci95, form) or because(figure)}


def _thousandths(value: float | None) -> str:
    return plain(value) if value is None else f"{value:.3f}"


PANEL = Panel(
    "calibration",
    "Does p(yes) mean what it says?",
    How(
        "Items with a verdict and a majority, weighted to the run, in ten bins of p(yes); p(yes) in steps of 0.001 (of "
        f"0.01 from {MOST_FINE:,} items on). The Brier score is the mean of (p(yes) − plausible)², 0 at best; ECE "
        "is the mean distance from the dashed line. Chance alone makes ECE positive, the more the fewer items; its "
        f"interval comes from {DRAWS} resamples and allows for that.",
        "Brier = Σ wᵢ (pᵢ − yᵢ)² / Σ wᵢ · ECE = Σ share of bin · |ȳ − p̄|",
        "Brier 1950; Naeini, Cooper and Hauskrecht 2015; Davison and Hinkley 1997, section 5.2.",
    ),
    show,
    template="studies/panels/figures.html",
)
