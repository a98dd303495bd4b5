"""The filter against people by how many votes an item has."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.figures.numbers import positive
from annotation.figures.panels.panel import How, Panel, Shown
from annotation.figures.panels.shares import TICKS, said
from annotation.figures.plots import Dots, dots
from annotation.figures.rows.kinds import Rows
from annotation.figures.tables import Column, Table
from stats.filter.quality import FilterQuality
from stats.people.contested import quality_by_votes


@dataclass(frozen=True, slots=True)
class AccuracyByVotes:
    votes: dict[int, FilterQuality]


def numbers(rows: Rows) -> AccuracyByVotes:
    judged, _ = rows.judged()
    yes, n = positive(judged, rows.asked.study.questions[0])
    of = judged.filtered
    found = quality_by_votes(
        yes[of],
        n[of],
        judged.kept[of],
        weights=_speaking(judged.strata[of], n[of], judged.items[of], judged.weights[of], judged.inclusion[of]),
        strata=judged.stratum[of],
        items=judged.items[of],
    )
    return AccuracyByVotes(found)


def _speaking(
    strata: NDArray[np.str_],
    votes: NDArray[np.int64],
    items: NDArray[np.int64],
    weights: NDArray[np.float64],
    inclusion: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Those with so many votes speak for all that were drawn in their stratum, judged or not (rows,)."""
    _, stratum = np.unique(strata, return_inverse=True)
    _, group = np.unique(np.stack([stratum, votes]), axis=1, return_inverse=True)
    heard = np.bincount(group, items / inclusion)
    return np.bincount(stratum, items * weights)[stratum] / heard[group] / inclusion


def words(found: AccuracyByVotes) -> Shown:
    if not found.votes:
        return Shown(empty="No item with a verdict has been judged yet.")
    columns = (Column("Votes", "count"), Column("Accuracy", "share"), Column("Precision", "share"),
               Column("Recall", "share"), Column("Items decided", "count"))  # fmt: skip
    lines = [(n, of.accuracy, of.precision, of.recall, of.accuracy.n) for n, of in found.votes.items()]
    return Shown(
        short="Accuracy against the majority of the items that have so many votes now, ties left out, with 95 % "
        "interval; those of a stratum speak for all of it, so weighted to the run. A majority of few votes is wrong "
        "more often, so the same filter reads differently at each: no row is the filter's accuracy.",
        table=Table("The filter by the number of votes", columns, lines),
    )


def plot(found: AccuracyByVotes) -> Dots:
    accuracy = {f"{n} vote{'s' if n > 1 else ''}": of.accuracy for n, of in found.votes.items()}
    return dots(
        [(name, figure, *said(figure)) for name, figure in accuracy.items()],
        label="Accuracy of the filter by the number of votes of an item; the table has the values",
        across="Accuracy of the filter, with 95 % interval",
        ticks=TICKS,
    )


PANEL = Panel(
    "accuracy_by_votes",
    "Accuracy by the number of votes",
    How(
        "Even numbers of votes leave ties out, which are the hard items, and look better for it. For the filter's "
        "accuracy see the headline, which takes complete items only, or the latent truth.",
        "",
        "Särndal, Swensson and Wretman 1992, section 5.7.",
    ),
    numbers,
    words,
    plot,
)
