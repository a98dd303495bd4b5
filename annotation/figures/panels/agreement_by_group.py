"""How well people agree in each relation, category or run."""

from dataclasses import dataclass, field

import numpy as np

from annotation.figures.panels.agreement import SIGNED, UNIT, said
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import NAMES, called
from annotation.figures.patterns import By, Patterns
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import large
from annotation.scales import Question
from stats.agreement.coefficients import gwet_ac1, krippendorff_alpha, percent_agreement
from stats.estimate import Estimate
from stats.packing import unpack

MOST, PLOTTED = 200, 30  # groups with the most items: each is computed by itself


@dataclass(frozen=True, slots=True)
class OfGroup:
    alpha: Estimate
    ac1: Estimate
    pairs: Estimate


@dataclass(frozen=True, slots=True)
class AgreementByGroup:
    """By group, the least alike first; of `all_groups` those with the most items."""

    by: By = field(compare=False)
    all_groups: int
    groups: dict[str, OfGroup]


def numbers(rows: Rows) -> AgreementByGroup:
    by, (judged, _) = rows.asked.by, rows.judged(rows.asked.by)
    names, group = np.unique(judged.group, return_inverse=True)
    items = np.bincount(group, judged.items, len(names))
    largest = np.lexsort((names, -items))[:MOST]
    found = {str(names[g]): _of(judged, group == g, rows.asked.study.questions[0]) for g in largest}
    return AgreementByGroup(by, len(names), dict(sorted(found.items(), key=_least_first)))


def _of(rows: Patterns, within: np.ndarray, question: Question) -> OfGroup:
    packed, alike = np.unique(rows.packed[question.name][within], return_inverse=True)
    counts, items = unpack(packed, len(question.options)), np.bincount(alike, rows.items[within])
    return OfGroup(
        alpha=krippendorff_alpha(counts, items),
        ac1=gwet_ac1(counts, items),
        pairs=percent_agreement(counts, items)["item_mean"],
    )


def _least_first(named: tuple[str, OfGroup]) -> tuple[bool, float, str]:
    value = named[1].ac1.value
    return value is None, value or 0, named[0]


def words(found: AgreementByGroup) -> Shown:
    if not any(of.pairs.n for of in found.groups.values()):
        return Shown(empty="No item has two judgments yet.")
    columns = (Column(NAMES[found.by]), Column("AC1", "coefficient"), Column("α", "coefficient"),
               Column("Pairs agree", "share"), Column("Items", "count"))  # fmt: skip
    lines = [(called(name, found.by), of.ac1, of.alpha, of.pairs, of.pairs.n) for name, of in found.groups.items()]
    left_out = found.all_groups - len(found.groups)
    most = f" {large(left_out)} with the fewest items are left out." if left_out else ""
    return Shown(
        short="Gwet's AC1 on plausible, the least alike first, with 95 % interval. α is in the table: it falls where "
        f"nearly all say the same.{most}",
        table=Table(f"Agreement by {found.by}", columns, lines),
    )


def plot(found: AgreementByGroup) -> Dots:
    drawn = list(found.groups.items())[:PLOTTED]
    below = any((of.ac1.ci95 or (0,))[0] < 0 for _, of in drawn)
    return dots(
        # An interval from under 0 in words would lie over the lines; it is in the table.
        [(called(name, found.by), of.ac1, said(of.ac1)[0], "") for name, of in drawn],
        label=f"Agreement by {found.by}, the least first; the table has the values",
        across="Gwet's AC1 on plausible, with 95 % interval",
        ticks=SIGNED if below else UNIT,
    )


PANEL = Panel(
    "agreement_by_group",
    "Agreement",
    How(
        "As the agreement of all, each group by itself, with items as sampling units. Where people agree little, the "
        "relation is hard to judge or the guidelines say too little of it.",
        "AC1 = (observed − expected) / (1 − expected)",
        "Gwet 2008; Krippendorff 2011.",
    ),
    numbers,
    words,
    plot,
    is_wide=True,
    has_switch=True,
)
