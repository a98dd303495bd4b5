"""Shares of the runs, whole and by group: what the sample says, tightened by p(yes) where that helps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.figures.assisting import helped_rate
from annotation.figures.patterns import Patterns
from annotation.figures.rows.totals import Totals
from annotation.scales import Question
from stats.estimate import Estimate, undefined
from stats.grouped import grouped_ratios
from stats.rates import NO_JUDGMENTS, hajek_rate
from stats.sample import Sample, sample_of
from stats.survey.assisted import ITEMS_PER_SLOPE, Assisted

FEWEST, TOO_FEW = 10, "too few"  # items behind a rate of one group
FEWEST_HELPED = 2 * ITEMS_PER_SLOPE  # items of a group; with fewer p(yes) is never of use


@dataclass(frozen=True, slots=True)
class Group:
    """Items with, say, the same relation: share of yes by question, and share kept by the filter."""

    items: int
    rates: dict[str, Estimate]
    kept: Estimate

    def as_dict(self) -> dict:
        rates = {name: rate.as_dict() for name, rate in self.rates.items()}
        return {**rates, "kept": self.kept.as_dict(), "items": self.items}


def rate(rows: Patterns, question: Question, totals: Totals) -> Assisted:
    """The mean over items of the share of their annotators who say yes, for the runs whole."""
    share, judged = says_yes(rows, question)
    alone = hajek_rate(share, 1 / rows.weights, rows.stratum, domain=judged, items=rows.items)
    return helped_rate(rows, share, judged, totals, alone=alone)


def by_group(rows: Patterns, questions: tuple[Question, ...], totals: Totals) -> dict[str, Group]:
    """Groups of items, the most plausible first; `totals` are by the same groups."""
    groups, group = np.unique(rows.group, return_inverse=True)
    n = np.bincount(group, rows.items, len(groups)).astype(int).tolist()
    rates = {question.name: _by_group(rows, question, group, totals) for question in questions}
    found = {
        name: Group(n[g], {question: each[g] for question, each in rates.items()}, totals.kept_share(name))
        for g, name in enumerate(groups.tolist())
    }
    return dict(sorted(found.items(), key=lambda named: highest_first(named[1].rates[questions[0].name])))


def _by_group(rows: Patterns, question: Question, group: NDArray[np.int64], totals: Totals) -> list[Estimate]:
    share, judged = says_yes(rows, question)
    alone = grouped_ratios(share * judged, judged, group, sample(rows), NO_JUDGMENTS)
    names = np.unique(rows.group).tolist()
    for g, figure in enumerate(alone):
        if figure.n >= FEWEST_HELPED:
            alone[g] = helped_rate(rows, share, judged, totals, alone=figure, group=names[g]).figure
    return alone


def enough(figure: Estimate) -> Estimate:
    """Without value where too few items are behind it."""
    return undefined(TOO_FEW, figure.n) if figure.n < FEWEST else figure


def highest_first(figure: Estimate) -> tuple[bool, float]:
    """A sort key; what is undefined comes last."""
    return figure.value is None, -(figure.value or 0)


def sample(rows: Patterns) -> Sample:
    return sample_of(len(rows.items), rows.weights, rows.stratum, items=rows.items)


def positive(rows: Patterns, question: Question) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(judgments at or over `positive_from`, all judgments) of each row's items."""
    counts = rows.counts[question.name]
    return counts @ question.says_yes, counts.sum(axis=1)


def says_yes(rows: Patterns, question: Question) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """For each item the share of its annotators who say yes, and whether it has annotators."""
    says, n = positive(rows, question)
    return says / np.maximum(n, 1), n > 0


def n_answers(rows: Patterns, question: Question) -> int:
    return int(rows.items @ rows.counts[question.name].sum(axis=1))
