"""Whether p(yes) means what it says."""

import numpy as np

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Chart, Point, Scale, chart_scales, ticks
from annotation.figures.rows.kinds import MOST_FINE, Decided, Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import because, interval, plain
from stats.estimate import Estimate
from stats.filter.calibration import Bin, Calibration, calibration
from stats.filter.thresholds import Floats

HEIGHT = 290
DRAWS = 200


def numbers(rows: Rows) -> Calibration:
    decided = rows.decided()
    return calibration(**decided.arguments() | {"p_yes": _middles(decided)}, draws=DRAWS)


def _middles(rows: Decided) -> Floats:
    """Of the steps of p(yes); a plain yes or no stays 1 or 0."""
    p_yes = rows.p_yes
    return np.where((p_yes > 0) & (p_yes < 1), p_yes + 0.5 / rows.steps, p_yes)


def words(found: Calibration) -> Shown:
    if not found.brier.n:
        return Shown(empty="No item has a verdict and a majority of people yet: there is nothing to compare.")
    return Shown(
        short="Share that people find plausible, among items about as probable; on the dashed line p(yes) is honest. "
        "Bars: 95 %.",
        table=_table(found),
        more={"figures": [_figure("Brier score", found.brier), _figure("Calibration error (ECE)", found.ece)]},
    )


def _table(found: Calibration) -> Table:
    bins = [
        (f"{each.low:.1f} to {each.high:.1f}", each.p_yes, each.plausible, each.plausible.n)
        for each in found.bins
        if each.plausible.n
    ]
    summary = [("Brier score", None, found.brier, found.brier.n), ("ECE", None, found.ece, found.ece.n)]
    columns = (Column("p(yes)"), Column("Mean p(yes)", "coefficient"), Column("Plausible", "coefficient"),
               Column("Items", "count"))  # fmt: skip
    return Table("Plausible by p(yes), with 95 % intervals", columns, [*bins, *summary])


def _figure(name: str, figure: Estimate) -> dict:
    read = interval(figure.ci95, _thousandths) or because(figure)
    return {"name": name, "value": _thousandths(figure.value), "interval": read}


def _thousandths(value: float | None) -> str:
    return plain(value) if value is None else f"{value:.3f}"


def plot(found: Calibration) -> Chart:
    along, down = chart_scales(HEIGHT)
    marks = (0, 0.25, 0.5, 0.75, 1)
    return Chart(
        label="Share plausible over p(yes) in ten bins; the table has the values",
        across="p(yes)",
        up="Share plausible, with 95 % interval",
        height=HEIGHT,
        along=ticks(along, marks, ("0", "0.25", "0.5", "0.75", "1")),
        down=ticks(down, marks, ("0", "25", "50", "75", "100 %")),
        points=[point for each in found.bins if (point := _point(each, along, down))],
        diagonal=True,
    )


def _point(of: Bin, along: Scale, down: Scale) -> Point | None:
    if of.p_yes is None or of.plausible.value is None:
        return None
    low, high = (down(bound) for bound in of.plausible.ci95) if of.plausible.ci95 else (None, None)
    return Point(along(of.p_yes), down(of.plausible.value), low, high)


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
    numbers,
    words,
    plot,
    template="studies/panels/figures.html",
)
