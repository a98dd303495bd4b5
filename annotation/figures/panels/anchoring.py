"""Do ratings that are revised after the reveal move towards the verdict?"""

from collections import Counter
from typing import NamedTuple

from django.db.models import Count

from annotation.figures.panels.panel import Asked, How, Panel, Shown
from annotation.figures.panels.shares import TICKS, said
from annotation.figures.panels.tables import Column, Table
from annotation.figures.panels.words import large
from annotation.figures.plots import dots
from annotation.models import JudgmentRevision
from stats.people.anchoring import Anchoring, anchoring

DIRECTIONS = {"towards": "Towards the verdict", "away": "Away from it", "unchanged": "Not changed"}


class Moved(NamedTuple):
    participant: int
    before: int
    after: int
    verdict: bool


def show(asked: Asked) -> Shown:
    revealed = _revealed(asked)
    if not revealed:
        return Shown(empty="No verdict has been revealed yet.")
    moved = _moved(asked)
    if not moved:
        return Shown(empty=f"{large(sum(revealed.values()))} verdicts were revealed; no rating was revised after it.")
    found = _anchoring(revealed, moved)
    figures = {name: getattr(found, name) for name in DIRECTIONS}
    return Shown(
        short=f"Ratings of plausible after the reveal; {large(len(moved))} of {large(sum(revealed.values()))} were "
        f"revised. The figures go on using the blind ratings. {_test(found)}",
        plot=dots(
            [(DIRECTIONS[name], figure, *said(figure)) for name, figure in figures.items()],
            label="Shares of ratings that moved towards the verdict, away from it, or not; the table has the values",
            ticks=TICKS,
        ),
        table=Table(
            "Ratings after the reveal",
            (Column("Moved"), Column("Share", "share"), Column("Judgments", "count")),
            [(DIRECTIONS[name], figure, figure.n) for name, figure in figures.items()],
        ),
    )


def _revealed(asked: Asked) -> Counter[int]:
    """Judgments by participant after which the verdict was shown."""
    judgments = asked.selection.judgments(asked.study).filter(audit_asked=True).order_by()
    return Counter(dict(judgments.values_list("participant_id").annotate(n=Count("pk"))))


def _moved(asked: Asked) -> list[Moved]:
    """By the last of the revisions after the reveal; those that moved typicality only are among the unmoved."""
    of_judgments = asked.selection.judgments(asked.study).filter(audit_asked=True).values("pk")
    revisions = JudgmentRevision.objects.filter(
        after_reveal=True, judgment__in=of_judgments, judgment__item__filter_yes__isnull=False
    )
    last = revisions.order_by("judgment_id", "-pk").distinct("judgment_id")
    columns = ("judgment__participant_id", "judgment__plausibility", "plausibility", "judgment__item__filter_yes")
    return [Moved(*row) for row in last.values_list(*columns)]


def _anchoring(revealed: Counter[int], moved: list[Moved]) -> Anchoring:
    rows = [(*each, 1) for each in moved]
    unmoved = revealed - Counter(each.participant for each in moved)
    # Without a move the verdict makes no difference.
    rows += [(participant, 0, 0, True, n) for participant, n in unmoved.items()]
    participants, before, after, verdict, n = zip(*rows, strict=True)
    return anchoring(before, after, verdict, judgments=n, clusters=participants)


def _test(found: Anchoring) -> str:
    if found.p_value is None:
        return ""
    return f"If both directions were as likely, so uneven a split came up with p = {found.p_value:.2g}."


PANEL = Panel(
    "anchoring",
    "After the verdict is revealed",
    How(
        "Of all judgments whose verdict was revealed, by the last revision after it. Intervals with annotators as "
        "sampling units, since a habit is theirs; the p-value is of the sign test among the moved.",
        "p = 2 · P(X ≤ min), X binomial(moved, ½)",
        "Dixon and Mood 1946; Särndal et al. 1992.",
    ),
    show,
)
