"""Who agrees with whom, and who is lenient."""

from dataclasses import dataclass, field
from itertools import combinations
from math import ceil

import numpy as np

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import TITLE, Bubbles, Disc, Dots, Scale, Tick, dots
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table, Value
from annotation.figures.words import because, interval, plain, sampled, whole_percent
from stats.estimate import Estimate
from stats.people.contested import lenience, pairs

MOST_DRAWN = 12  # annotators in a matrix; the table has all
ROW, TOP, LARGEST = 56, 22, 18


@dataclass(frozen=True, slots=True)
class PairsOf:
    """By the two pseudonyms, in their order; pairs without an item in common are not there."""

    agreement: dict[str, dict[str, Estimate]]
    part: int = field(compare=False)

    @property
    def names(self) -> list[str]:
        return sorted({name for one, others in self.agreement.items() for name in (one, *others)})


def pairs_numbers(rows: Rows) -> PairsOf:
    each = rows.answers()
    found = pairs(each.item, each.who, each.label)
    agreement: dict[str, dict[str, Estimate]] = {}
    names = found.annotators.tolist()
    for one, other in combinations(range(len(names)), 2):
        if found.common[one, other]:
            agreement.setdefault(names[one], {})[names[other]] = found.agreement(one, other)
    return PairsOf(agreement, each.part)


def pairs_words(found: PairsOf) -> Shown:
    if not found.agreement:
        return Shown(empty="No two annotators have judged the same item yet.")
    rows = [
        (one, other, figure, figure.n) for one, others in found.agreement.items() for other, figure in others.items()
    ]
    columns = (
        Column("Annotator"),
        Column("And"),
        Column("Say the same", "share"),
        Column("Items both judged", "count"),
    )
    most = "" if len(found.names) <= MOST_DRAWN else f" There are more than {MOST_DRAWN} annotators: see the table."
    return Shown(
        short="Of the items that both judged, the share on which two annotators say the same on plausible: the discs' "
        f"areas.{most}{sampled(found.part)}",
        table=Table("Agreement of each two annotators", columns, rows),
    )


def _least_first(found: PairsOf) -> list[tuple[str, str, Estimate]]:
    every = [(one, other, figure) for one, others in found.agreement.items() for other, figure in others.items()]
    return sorted(every, key=lambda pair: pair[2].value or 0)


def pairs_plot(found: PairsOf) -> Bubbles | None:
    names = found.names
    if len(names) > MOST_DRAWN:
        return None
    across = Scale(0, max(1, len(names) - 2), 34, 92)
    rows = [(TOP + ROW * i + LARGEST, name) for i, name in enumerate(names[:-1])]
    discs = [
        _disc(across(k), y, figure)
        for y, one in rows
        for k, other in enumerate(names[1:])
        if (figure := found.agreement.get(one, {}).get(other))
    ]
    return Bubbles(
        label="Share of items on which each two annotators say the same; the table has the values",
        across="Annotator",
        up="Annotator",
        height=TOP + ROW * len(rows) + TITLE,
        columns=[Tick(across(k), name) for k, name in enumerate(names[1:])],
        rows=[Tick(y, name) for y, name in rows],
        discs=discs,
    )


def _disc(x: float, y: int, figure: Estimate) -> Disc:
    radius = round(LARGEST * (figure.value or 0) ** 0.5, 1)
    return Disc(x, y, radius, y + radius + 12, whole_percent(figure.value))


@dataclass(frozen=True, slots=True)
class Lenience:
    """By pseudonym, own yes less the share of yes among the others of the same items."""

    people: dict[str, Estimate]
    part: int = field(compare=False)


def lenience_numbers(rows: Rows) -> Lenience:
    each, question = rows.answers(), rows.asked.study.questions[0]
    says_yes = np.array(question.says_yes)[each.label]
    return Lenience(lenience(each.item, each.who, says_yes), each.part)


def lenience_words(found: Lenience) -> Shown:
    known = {name: figure for name, figure in found.people.items() if figure.value is not None}
    if not known:
        return Shown(empty="No two annotators have judged the same item yet.")
    rows: list[tuple[Value, ...]] = [(name, figure, figure.n) for name, figure in _most_first(found)]
    columns = (Column("Annotator"), Column("Says yes more often by", "coefficient"), Column("Items", "count"))
    return Shown(
        short="How much more often an annotator says plausible than the others do of the same items, with 95 % "
        f"interval; 0 is like the others.{sampled(found.part)}",
        table=Table("Lenience of each annotator", columns, rows),
    )


def _most_first(found: Lenience) -> list[tuple[str, Estimate]]:
    return sorted(found.people.items(), key=lambda named: -(named[1].value or 0))


def lenience_plot(found: Lenience) -> Dots:
    people = _most_first(found)
    ends = [abs(end) for _, figure in people for end in (figure.ci95 or (figure.value or 0,))]
    far = max(0.2, ceil(10 * max(ends, default=0)) / 10)
    return dots(
        [(name, figure, plain(figure.value), _said(figure)) for name, figure in people],
        label="Lenience of each annotator, from the most to the least; the table has the values",
        across="Says yes more often than the others by, with 95 % interval",
        ticks=((-far, plain(-far, 1)), (0, "0"), (far, plain(far, 1))),
        reference=0,
    )


def _said(figure: Estimate) -> str:
    return f"({interval(figure.ci95, plain)})" if figure.ci95 else because(figure)


PAIRS = Panel(
    "pairs",
    "Who agrees with whom",
    How(
        "A matrix of annotators. One who agrees with nobody has understood the task otherwise, or not at all; two who "
        "agree with each other alone may have talked. Not weighted, and by chance alone two agree often where nearly "
        "all say yes: compare pairs with one another.",
        "items said alike / items both judged",
        "Interval: Wilson 1927.",
    ),
    pairs_numbers,
    pairs_words,
    pairs_plot,
)
LENIENCE = Panel(
    "lenience",
    "Who is lenient",
    How(
        "The mean over an annotator's items of own yes (1 or 0) less the share of yes among the item's others. Items "
        "that nobody else judged are left out; items are the sampling units.",
        "mean of (yᵢ − ȳ of the others)",
        "Särndal, Swensson and Wretman 1992, section 5.7.",
    ),
    lenience_numbers,
    lenience_words,
    lenience_plot,
)
