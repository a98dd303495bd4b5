"""Accuracy, precision and recall of each relation, category or run, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from annotation.figures.assisting import helped_quality
from annotation.figures.filtering import NO_VERDICTS, OfComplete, of_complete
from annotation.figures.panels.filter.confusion import NAMES as FIGURES
from annotation.figures.panels.groups import alike
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import NAMES, PLOTTED, called
from annotation.figures.patterns import By
from annotation.figures.plots import LONGEST_NAME, NARROW, STACKED, DotRow, Dots, Scale, Tick, dots, span
from annotation.figures.rates import FEWEST, FEWEST_HELPED, enough, highest_first
from annotation.figures.rows.kinds import Rows
from annotation.figures.rows.totals import Totals
from annotation.figures.tables import Column, Table
from annotation.figures.words import large
from annotation.selection import LATENT, PEOPLE
from stats.estimate import Estimate
from stats.filter.complete import FEWEST_COMPLETE, majority_truth
from stats.filter.quality import quality_by_group
from stats.groups import Groups, side_by_side

READ = ("accuracy", "precision", "recall")
# What is chosen above the dashboard and is not told group by group, and why.
NOT_BY_GROUP = {
    LATENT: "Here against the majority: the latent truth is of all items together, as few of one group tell too little "
    "of what is true from what annotators tend to say. ",
    PEOPLE: "Here for these annotators: of one group each of them judged too few items to tell people apart. ",
}
BEHIND = {"accuracy": "Complete items", "precision": "Kept items", "recall": "Plausible items"}
GAP = 3.0  # between the plot's columns, in per cent of the width


@dataclass(frozen=True, slots=True)
class FilterByGroup:
    """Of the `complete` items; by figure the groups in the order of `names`, the most accurate first."""

    by: By = field(compare=False)
    complete: int
    has_verdicts: bool
    names: list[str]
    figures: dict[str, Groups]
    asked_else: str = field(compare=False, default="")


def numbers(rows: Rows) -> FilterByGroup:
    judged, chosen = rows.truth(rows.asked.by), rows.asked.selection
    of = of_complete(judged, rows.asked.study.questions[0])
    names, code = np.unique(of.group, return_inverse=True)
    found = quality_by_group(of.kept, majority_truth(of.yes, of.judged), code.astype(np.int64), of.design)
    rates = _helped(of, names.tolist(), found, rows.totals(rows.asked.by))
    order = sorted(range(len(names)), key=lambda g: highest_first(rates["accuracy"][g]))
    return FilterByGroup(
        by=rows.asked.by,
        complete=of.design.size(),
        has_verdicts=bool(judged.filtered.any()) or not len(judged.items),
        names=[str(names[g]) for g in order],
        figures={name: side_by_side([each[g] for g in order]) for name, each in rates.items()},
        asked_else="".join(NOT_BY_GROUP[each] for each in (chosen.truth, chosen.whose) if each in NOT_BY_GROUP),
    )


def _helped(
    of: OfComplete, names: Sequence[str], alone: dict[str, list[Estimate]], totals: Totals
) -> dict[str, list[Estimate]]:
    found = {name: list(each) for name, each in alone.items()}
    for g, group in enumerate(names):
        own = {name: each[g] for name, each in alone.items()}
        if own["accuracy"].n >= FEWEST_HELPED:
            for name, helped in helped_quality(of.where(of.group == group), totals, own, group).items():
                found[name][g] = helped.figure
    return found


def words(found: FilterByGroup) -> Shown:
    if reason := _nothing(found):
        return Shown(empty=reason)
    columns = [Column(NAMES[found.by])]
    for name in READ:
        columns += [Column(FIGURES[name], "share"), Column("Drawn towards all", "share"), Column(BEHIND[name], "count")]
    accuracy = found.figures["accuracy"]
    few = len(found.names) - len(_drawn(found))
    return Shown(
        short=f"{found.asked_else}Against the majority of complete items, with 95 % interval; of fewer than {FEWEST} "
        f"items none is shown ({large(few)} of {large(len(found.names))}). Accuracy: {alike(accuracy)}",
        table=Table(f"The filter by {found.by}", (*columns, Column("Accuracy differs")), [
            (called(name, found.by), *_of_group(found, g), "differs" if accuracy.differs[g] else "")
            for g, name in enumerate(found.names)
        ]),
    )  # fmt: skip


def _nothing(found: FilterByGroup) -> str:
    if not found.has_verdicts:
        return f"Nothing to compare: {NO_VERDICTS}."
    if found.complete < FEWEST_COMPLETE:
        return f"{large(found.complete)} items are complete, and {FEWEST_COMPLETE} are needed."
    return ""


def _of_group(found: FilterByGroup, g: int) -> list[Estimate | int]:
    cells: list[Estimate | int] = []
    for name in READ:
        raw, pooled = found.figures[name].raw[g], found.figures[name].pooled[g]
        cells += [enough(raw), enough(pooled), raw.n]
    return cells


def _drawn(found: FilterByGroup) -> list[int]:
    return [g for g, rate in enumerate(found.figures["accuracy"].raw) if rate.n >= FEWEST]


def plot(found: FilterByGroup) -> Dots | None:
    """The rows of a plot of dots, with three marks in each: the width is parted into as many scales."""
    drawn = _drawn(found)[:PLOTTED]
    named = [called(found.names[g], found.by) for g in drawn]
    if not named:
        return None
    start, _ = STACKED if any(len(name) > LONGEST_NAME for name in named) else NARROW
    width = (100 - start - GAP * len(READ)) / len(READ)
    scales = [Scale(0, 1, start + k * (width + GAP), start + k * (width + GAP) + width) for k in range(len(READ))]
    accuracy = [(name, found.figures["accuracy"].raw[g], "", "") for g, name in zip(drawn, named, strict=True)]
    label = f"Accuracy, precision and recall of the filter by {found.by}; the table has the values"
    across = "Each from 0 to 100 %, with 95 % interval"
    one = dots(accuracy, label=label, across=across, ticks=((0, "0"), (1, "100 %")))
    return Dots(
        label=label,
        across=across,
        height=one.height,
        names_above=one.names_above,
        ticks=[tick for name, scale in zip(READ, scales, strict=True) for tick in _ticks(FIGURES[name], scale)],
        rows=[
            _row(row, enough(found.figures[name].raw[g]), scale, first=name == READ[0])
            for g, row in zip(drawn, one.rows, strict=True)
            for name, scale in zip(READ, scales, strict=True)
        ],
    )


def _row(row: DotRow, figure: Estimate, scale: Scale, *, first: bool) -> DotRow:
    return DotRow(row.name if first else "", row.y, row.name_y, span(figure, scale), "")


def _ticks(title: str, scale: Scale) -> list[Tick]:
    return [Tick(scale(0), ""), Tick(scale(0.5), title), Tick(scale(1), "")]


PANEL = Panel(
    "filter_by_group",
    "The filter",
    How(
        "As the filter's figures of all, each group by itself: truth is the majority of an item's annotators, of "
        "complete items only, a tie one half as either, and each item counts with its weight. Where a group has "
        f"{FEWEST_HELPED} items and more, p(yes) of its intentions that nobody judged tightens its figures. Drawn "
        "towards all: empirical Bayes, the further the fewer items there are; of few items it is the better guess.",
        "precision = rightly kept / kept · recall = rightly kept / plausible",
        "Särndal, Swensson and Wretman 1992, sections 5.7 and 10.3; Morris 1983; Benjamini and Hochberg 1995.",
    ),
    numbers,
    words,
    plot,
    is_wide=True,
    has_switch=True,
)
