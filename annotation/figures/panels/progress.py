"""How far the study is, and when it will be through."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil

from django.db.models import Count, Min
from django.utils import timezone

from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.rows import judged
from annotation.figures.panels.tables import Column, Table
from annotation.figures.plots import Bar, Part
from annotation.selection import Selection

PACE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Coming:
    """Items by how far they are, and the end at the pace of the last days; None where nothing moves."""

    complete: int
    begun: int
    untouched: int
    judgments: int
    wanted: int
    pace: float
    ends: date | None

    @property
    def to_go(self) -> int:
        return self.wanted - self.judgments


def show(asked: Asked) -> Shown:
    # What is wanted of an item is not a matter of single judgments: these filters don't count here.
    of_items = Selection(asked.selection.relation, asked.selection.category, asked.selection.run)
    found = coming(replace(asked, selection=of_items))
    if not found.wanted:
        return Shown(empty="The study has no items of this choice.")
    items = found.complete + found.begun + found.untouched
    parts = [("Items with all judgments", found.complete), ("Items with some", found.begun),
             ("Items with none", found.untouched), ("Judgments so far", found.judgments),
             ("Judgments to go", found.to_go)]  # fmt: skip
    return Shown(
        short="All items of the choice, whoever judged them and when.",
        plot=_bar(found, items),
        table=Table("Items and judgments", (Column("What"), Column("Number", "count")), parts),
        links=(("Items without all judgments", "show=open"),),
        more={"coming": found, "items": items, "percent": f"{100 * found.judgments / found.wanted:.0f} %"},
    )


def coming(asked: Asked) -> Coming:
    rows, progress = judged(asked)
    begun = int(rows.items.sum())
    judgments = int(rows.items @ rows.counts[asked.study.questions[0].name].sum(axis=1))
    pace = _pace(asked)
    to_go = progress.wanted - judgments
    return Coming(
        complete=progress.items_complete,
        begun=begun - progress.items_complete,
        untouched=progress.items - begun,
        judgments=judgments,
        wanted=progress.wanted,
        pace=pace,
        ends=timezone.localdate() + timedelta(days=min(ceil(to_go / pace), 36_500)) if pace else None,
    )


def _pace(asked: Asked) -> float:
    """Judgments a day since the first of the last seven days on which somebody judged."""
    today = timezone.localdate()
    recent = replace(asked.selection, since=today - timedelta(days=PACE_DAYS - 1)).judgments(asked.study)
    found = recent.aggregate(n=Count("pk"), first=Min("created_at"))
    return found["n"] / ((today - timezone.localdate(found["first"])).days + 1) if found["n"] else 0


def _bar(found: Coming, items: int) -> Bar:
    full, some = 100 * found.complete / items, 100 * found.begun / items
    return Bar(
        f"{found.complete} items have all judgments, {found.begun} some, {found.untouched} none",
        [Part(0, round(full, 2), "full"), Part(round(full, 2), round(some, 2), "some")],
    )


PANEL = Panel(
    "coming",
    "What is still to come",
    How(
        f"The pace is that of the last {PACE_DAYS} days, from the first of them on which somebody judged; the end is "
        "the judgments to go divided by it, and as sure as that pace.",
        "end = today + judgments to go / judgments a day",
    ),
    show,
    template="studies/panels/coming.html",
)
