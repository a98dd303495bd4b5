"""What annotators could not judge, and why."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import NAMES, TICKS, called, said
from annotation.figures.patterns import By
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import large
from annotation.models import Skip
from stats.estimate import Estimate
from stats.rates import wilson

PLOTTED = 30


@dataclass(frozen=True, slots=True)
class Group:
    """`share` of the times that its items came to somebody's decision; `reasons` how often each."""

    share: Estimate
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class Skips:
    """By group, the most skipped first."""

    by: By = field(compare=False)
    items: int
    overall: Group
    groups: dict[str, Group]


def numbers(rows: Rows) -> Skips:
    by = rows.asked.by
    skipped, (judged, _) = rows.skipped(by), rows.judged(by)
    judgments = judged.items * judged.counts[rows.asked.study.questions[0].name].sum(axis=1)
    names, group = np.unique(judged.group, return_inverse=True)
    n_judged = Counter(dict(zip(names.tolist(), np.bincount(group, judgments, len(names)).tolist(), strict=True)))
    reasons: dict[str, Counter[str]] = {name: Counter() for name, _ in skipped.times}
    for (name, reason), n in skipped.times.items():
        reasons[name][reason] += n
    groups = {name: _group(found, n_judged[name]) for name, found in reasons.items()}
    together = sum(reasons.values(), Counter())
    most_first = sorted(groups.items(), key=lambda named: (-(named[1].share.value or 0), named[0]))
    return Skips(by, skipped.items, _group(together, n_judged.total()), dict(most_first))


def _group(reasons: Counter[str], judgments: float) -> Group:
    n = reasons.total()
    return Group(wilson(n, n + round(judgments)), dict(reasons))


def words(found: Skips) -> Shown:
    n = sum(found.overall.reasons.values())
    if not n:
        return Shown(empty="Nobody has skipped an item.")
    why = ", ".join(f"{Skip.Reason(reason).label} {large(n)}" for reason, n in _most_first(found.overall.reasons))
    columns = (Column(NAMES[found.by]), Column("Skipped", "share"),
               *(Column(str(reason.label).capitalize(), "count") for reason in Skip.Reason))  # fmt: skip
    lines = {"All": found.overall} | {called(name, found.by): each for name, each in found.groups.items()}
    return Shown(
        short=f"{large(n)} skips of {large(found.items)} items: {why}. Share of the times that somebody judged or "
        "skipped, with 95 % interval. Skips are in no other figure: what they have in common is missing there.",
        table=Table(f"Skips by {found.by}", columns, [_line(name, each) for name, each in lines.items()]),
        links=(("Skipped items", "show=skipped"),),
    )


def _most_first(reasons: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda named: -named[1])


def _line(name: str, of: Group) -> tuple[str | Estimate | int, ...]:
    return name, of.share, *(of.reasons.get(reason, 0) for reason in Skip.Reason.values)


def plot(found: Skips) -> Dots:
    shares = [(called(name, found.by), each.share) for name, each in found.groups.items()][:PLOTTED]
    return dots(
        [(name, share, *said(share)) for name, share in shares],
        label=f"Share skipped by {found.by}, the most skipped first; the table has the values",
        across="Share skipped, with 95 % interval",
        ticks=TICKS,
        reference=found.overall.share.value,
    )


PANEL = Panel(
    "skips",
    "What could not be judged",
    How(
        "Of all times that an annotator judged or skipped an item of the choice, the share skipped; groups without a "
        "skip are not listed. A skipped item goes to others, and stays unjudged if all skip it. Intervals take the "
        "times as independent, though a hard item is skipped by several.",
        "skips / (skips + judgments)",
        "Wilson 1927.",
    ),
    numbers,
    words,
    plot,
    has_switch=True,
)
