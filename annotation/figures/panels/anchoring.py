"""Do ratings that are revised after the reveal move towards the verdict?"""

from dataclasses import dataclass

from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import TICKS, said
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from annotation.figures.words import large
from stats.people.anchoring import Anchoring, anchoring

DIRECTIONS = {"towards": "Towards the verdict", "away": "Away from it", "unchanged": "Not changed"}


@dataclass(frozen=True, slots=True)
class Revised:
    """Of the `revealed` judgments `revised` were changed after the reveal."""

    revealed: int
    revised: int
    found: Anchoring


def numbers(rows: Rows) -> Revised:
    each = rows.revealed()
    found = anchoring(each.before, each.after, each.verdict, judgments=each.n, clusters=each.who)
    return Revised(int(each.n.sum()), each.revised, found)


def words(n: Revised) -> Shown:
    if not n.revealed:
        return Shown(empty="No verdict has been revealed yet.")
    if not n.revised:
        return Shown(empty=f"{large(n.revealed)} verdicts were revealed; no rating was revised after it.")
    figures = {name: getattr(n.found, name) for name in DIRECTIONS}
    return Shown(
        short=f"Ratings of plausible after the reveal; {large(n.revised)} of {large(n.revealed)} were "
        f"revised. The figures go on using the blind ratings. {_test(n.found.p_value)}",
        table=Table(
            "Ratings after the reveal",
            (Column("Moved"), Column("Share", "share"), Column("Judgments", "count")),
            [(DIRECTIONS[name], figure, figure.n) for name, figure in figures.items()],
        ),
    )


def _test(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return f"If both directions were as likely, so uneven a split came up with p = {p_value:.2g}."


def plot(n: Revised) -> Dots:
    figures = {name: getattr(n.found, name) for name in DIRECTIONS}
    return dots(
        [(DIRECTIONS[name], figure, *said(figure)) for name, figure in figures.items()],
        label="Shares of ratings that moved towards the verdict, away from it, or not; the table has the values",
        ticks=TICKS,
    )


PANEL = Panel(
    "anchoring",
    "After the verdict is revealed",
    How(
        "Of all judgments whose verdict was revealed, by the last revision after it. Intervals with annotators as "
        "sampling units, since a habit is theirs; the p-value is of the sign test among the moved.",
        "p = 2 · P(X ≤ min), X binomial(moved, ½)",
        "Dixon and Mood 1946; Särndal et al. 1992.",
    ),
    numbers,
    words,
    plot,
)
