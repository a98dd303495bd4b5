"""How p(yes) is spread over all intentions of a run."""

from dataclasses import dataclass, field

import numpy as np

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Chart, Curve, band, chart_scales, ticks
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import large, percent, whole_percent

BINS, HEIGHT = 20, 250


@dataclass(frozen=True, slots=True)
class Spread:
    """Verdicts by bin of p(yes); None where it is not known of which the choice is."""

    bins: tuple[int, ...] | None
    strictness: list[float] = field(compare=False)


def numbers(rows: Rows) -> Spread:
    counts, chosen = rows.of_run(), rows.asked.selection.run
    runs = rows.asked.study.runs.filter(**({"pk": chosen} if chosen else {})).order_by("pk")
    strictness = list(runs.values_list("strictness", flat=True))
    if counts is None:
        return Spread(None, strictness)
    by_bin = counts[:-1].reshape(BINS, -1).sum(axis=1)
    by_bin[-1] += counts[-1]  # 1 itself
    return Spread(tuple(by_bin.tolist()), strictness)


def words(found: Spread) -> Shown:
    if found.bins is None:
        return Shown(empty="Of a category only the items are known, not the run's intentions: choose all categories.")
    n = sum(found.bins)
    if not n:
        return Shown(empty="These intentions have no verdict: they come from a run without a filter.")
    sure = (found.bins[0] + found.bins[-1]) / n
    edges = [(f"{k / BINS:.2f}", f"{(k + 1) / BINS:.2f}", count, count / n) for k, count in enumerate(found.bins)]
    return Shown(
        short=f"All {large(n)} verdicts of the run, counted, judged or not; {percent(sure)} are under 0.05 or from "
        "0.95 on. Where few lie near the strictness, moving it a little changes little.",
        table=Table(
            "Verdicts by p(yes)",
            (Column("From"), Column("To"), Column("Verdicts", "count"), Column("Of all", "share")),
            edges,
        ),
    )


def plot(found: Spread) -> Chart:
    counts = np.array(found.bins)
    share = counts / counts.sum()
    top = max(0.05, np.ceil(20 * share.max()) / 20)
    along, down = chart_scales(HEIGHT, high=top)
    sides = np.repeat(np.arange(BINS + 1) / BINS, 2)[1:-1].tolist()
    highs = np.repeat(share / top, 2).tolist()
    marks = (0.0, top / 2, top)
    return Chart(
        label="Verdicts by p(yes), from 0 to 1 in twentieths; the table has the values",
        across="p(yes)",
        up="Share of verdicts",
        height=HEIGHT,
        along=ticks(along, (0, 0.25, 0.5, 0.75, 1), ("0", "0.25", "0.5", "0.75", "1")),
        down=ticks(down, marks, [whole_percent(mark) for mark in marks]),
        bands=[Curve(band(sides, [0.0] * len(sides), highs), "c-accent")],
        marker=along(found.strictness[0]) if len(set(found.strictness)) == 1 else None,
    )


PANEL = Panel(
    "p_yes",
    "How sure the filter is",
    How(
        "p(yes) of every verdict of the run in twentieths; a verdict without a probability counts as 1 or 0. Nothing "
        "is estimated, so there is no interval. Dashed: the run's strictness.",
    ),
    numbers,
    words,
    plot,
)
