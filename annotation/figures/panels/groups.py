"""Which relations, categories or runs differ by more than chance."""

from dataclasses import dataclass, field

import numpy as np

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import NAMES, called
from annotation.figures.patterns import By
from annotation.figures.plots import Chart, Curve, Point, chart_scales, line, ticks
from annotation.figures.rates import by_group, highest_first
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table, Value
from annotation.figures.words import interval, large, percent, whole_percent
from stats.groups import FALSE_DISCOVERIES, Groups, side_by_side

HEIGHT = 310
STEPS = 60  # points of a funnel's side
USUAL, WIDE = 0.95, 0.998


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Groups by name, in the order of `found`, the highest share first."""

    by: By = field(compare=False)
    names: list[str]
    found: Groups


def numbers(rows: Rows) -> SideBySide:
    asked, (judged, _) = rows.asked, rows.judged(rows.asked.by)
    question, totals = asked.study.questions[0].name, rows.totals(asked.by)
    groups = rows.once(f"groups by {asked.by}", lambda: by_group(judged, asked.study.questions, totals))
    named = sorted(((name, each.rates[question]) for name, each in groups.items()), key=lambda it: highest_first(it[1]))
    return SideBySide(asked.by, [name for name, _ in named], side_by_side([rate for _, rate in named]))


def words(n: SideBySide) -> Shown:
    if not n.names:
        return Shown(empty="Nothing has been judged yet.")
    if len(n.names) < 2:
        return Shown(empty=f"There is one {n.by} only: nothing to compare it with.")
    columns = (Column(NAMES[n.by]), Column("Plausible", "share"), Column("Drawn towards all", "share"),
               Column("With all intervals at once", "share"), Column("p of its difference", "coefficient"),
               Column("Differs"), Column("Effective items", "number"))  # fmt: skip
    return Shown(
        short=f"Share plausible over the effective number of items. {alike(n.found)} By chance alone 95 % lie within "
        "the inner lines of the funnel and 99.8 % within the outer.",
        table=Table(f"Plausible by {n.by}, side by side", columns, _lines(n)),
    )


def alike(found: Groups) -> str:
    test, marked = found.heterogeneity, sum(found.differs)
    if test is None:
        return "All say the same." if found.overall.value is not None else "Too few have judgments to compare."
    differ = f"{marked} of {large(len(found.raw))} differ from all the others together"
    return (
        f"If all were alike, shares so uneven came up with p = {test.p_value:.2g} (I² {percent(test.i2, 0)}); "
        f"{differ}, of which {percent(FALSE_DISCOVERIES, 0)} by chance at most."
    )


def _lines(n: SideBySide) -> list[tuple[Value, ...]]:
    found = n.found
    columns = (found.raw, found.pooled, found.simultaneous, found.p_value, found.differs, found.effective)
    return [
        (called(name, n.by), raw, pooled, together, p_value, "differs" if differs else "", round(effective, 1))
        for name, raw, pooled, together, p_value, differs, effective in zip(n.names, *columns, strict=True)
    ]


def plot(n: SideBySide) -> Chart | None:
    """Groups as points, hollow where they do not differ, within the funnels of chance."""
    found = n.found
    if found.heterogeneity is None or found.overall.value is None:
        return None
    most = max(found.effective) * 1.05
    along, down = chart_scales(HEIGHT, right=most)
    share = np.arange(1, STEPS + 1) / STEPS
    sides = [(level, side) for level in (USUAL, WIDE) for side in found.funnel(share * most, level)]
    return Chart(
        label=f"Share plausible over effective items by {n.by}, about {percent(found.overall.value)} "
        f"({interval(found.overall.ci95, percent)}); the table has the values",
        across="Effective items",
        up="Share plausible",
        height=HEIGHT,
        along=ticks(along, (0, most / 2, most), ("0", f"{most / 2:.0f}", f"{most:.0f}")),
        down=ticks(down, (0, 0.5, 1), [whole_percent(mark) for mark in (0, 0.5, 1)]),
        lines=[
            Curve(line(share.tolist(), side.tolist()), "c-line" if level == USUAL else "c-line dash")
            for level, side in sides
        ]
        + [Curve(line([0, 1], [found.overall.value] * 2), "c-line")],
        points=[
            Point(along(size), down(rate.value), hollow=not differs)
            for size, rate, differs in zip(found.effective, found.raw, found.differs, strict=True)
            if rate.value is not None
        ],
    )


PANEL = Panel(
    "groups",
    "Differences beyond chance",
    How(
        "Effective items are those that a plain sample would need for the same interval. Drawn towards all: empirical "
        "Bayes, the further the fewer items it has; of few items it is the better guess. Intervals at once hold all "
        "together in 95 % of studies. Of many groups some look different by chance: marked are those that differ with "
        "a false discovery rate of 5 %.",
        "Q = Σ nᵢ(pᵢ − P)² / P(1 − P)",
        "Cochran 1954; DerSimonian and Laird 1986; Morris 1983; Šidák 1967; Benjamini and Hochberg 1995; Spiegelhalter "
        "2005.",
    ),
    numbers,
    words,
    plot,
    has_switch=True,
)
