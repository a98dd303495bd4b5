"""How far the study is, and when it will be finished."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil

import numpy as np
from django.utils import timezone

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.plots import Bar, Part
from annotation.figures.rates import n_answers
from annotation.figures.rows.kinds import PACE_DAYS, Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import whole_percent
from common.words import counted


@dataclass(frozen=True, slots=True)
class Progress:
    """Items by how many of their judgments they have; `ends` at the pace of the last days, None without one."""

    complete: int
    begun: int
    untouched: int
    judgments: int
    wanted: int
    votes: dict[int, int]  # items by their number of judgments
    pace: float
    ends: date | None = field(compare=False)

    @property
    def items(self) -> int:
        return self.complete + self.begun + self.untouched

    @property
    def to_go(self) -> int:
        return self.wanted - self.judgments


def numbers(rows: Rows) -> Progress:
    # What is wanted of an item is not a matter of single judgments: filters of these don't count here.
    rows = rows.of_items()
    judged, progress = rows.judged()
    begun, judgments = int(judged.items.sum()), n_answers(judged, rows.asked.study.questions[0])
    votes = np.bincount(judged.counts[rows.asked.study.questions[0].name].sum(axis=1), judged.items).astype(int)
    pace, to_go = rows.pace(), progress.wanted - judgments
    return Progress(
        complete=progress.items_complete,
        begun=begun - progress.items_complete,
        untouched=progress.items - begun,
        judgments=judgments,
        wanted=progress.wanted,
        votes={n: items for n, items in enumerate(votes.tolist()) if n and items},
        pace=pace,
        ends=timezone.localdate() + timedelta(days=min(ceil(to_go / pace), 36_500)) if pace else None,
    )


def words(found: Progress) -> Shown:
    if not found.wanted:
        return Shown(empty="The study has no items of this choice.")
    parts = [("Complete items", found.complete), ("Items with some", found.begun),
             ("Items with none", found.untouched), ("Judgments so far", found.judgments),
             ("Judgments to go", found.to_go),
             *((f"Items with {counted(n, 'judgment')}", items) for n, items in found.votes.items())]  # fmt: skip
    return Shown(
        short="All items of the choice, whoever judged them and when.",
        table=Table("Items and judgments", (Column("What"), Column("Number", "count")), parts),
        links=(("Items without all judgments", "show=open"),),
        more={"progress": found, "percent": whole_percent(found.judgments / found.wanted)},
    )


def plot(found: Progress) -> Bar:
    full, some = 100 * found.complete / found.items, 100 * found.begun / found.items
    return Bar(
        f"{found.complete} items are complete, {found.begun} have some judgments, {found.untouched} none",
        "Items: complete, with some judgments (hatched), with none",
        [Part(0, round(full, 2), "full"), Part(round(full, 2), round(some, 2), "some")],
    )


PANEL = Panel(
    "progress",
    "What is still to come",
    How(
        f"The pace is that of the last {PACE_DAYS} days, from the first of them on which somebody judged; the end is "
        "the judgments to go divided by it, and as sure as that pace.",
        "end = today + judgments to go / judgments a day",
    ),
    numbers,
    words,
    plot,
    template="studies/panels/progress.html",
    is_wide=True,
)
