"""The figures of a study, computed from grouped rows. Numbers here, words in `headline` and `report`."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeVar

import numpy as np
from django.db.models import Sum
from numpy.typing import NDArray

from annotation.figures.agreeing import agreement
from annotation.figures.filtering import ceiling, filter_against_majority
from annotation.figures.patterns import Patterns
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Rows
from annotation.figures.rows.live import Live
from annotation.models import Participant, Study
from annotation.scales import Question
from annotation.selection import EVERYTHING, Selection
from stats.estimate import Estimate
from stats.filter.audits import answers_rate
from stats.filter.ceiling import Ceiling
from stats.filter.complete import AgainstMajority
from stats.grouped import grouped_ratios
from stats.rates import NO_JUDGMENTS, hajek_rate, wilson
from stats.sample import Sample, sample_of

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Group:
    """Items with, say, the same relation: share of yes by question, and share kept by the filter."""

    items: int
    rates: dict[str, Estimate]
    kept: Estimate

    def as_dict(self) -> dict:
        rates = {name: rate.as_dict() for name, rate in self.rates.items()}
        return {**rates, "kept": self.kept.as_dict(), "items": self.items}


@dataclass(frozen=True, slots=True)
class Headlines:
    """What a page asks for all the time; `rates`, `filter` and `ceiling` are weighted by inclusion probability.

    `raw_rates` count the `answers` to each question as they are, with items as sampling units. `agreement` has the
    report of the first question only.
    """

    items: int
    items_judged: int
    items_complete: int
    judgments: int
    wanted: int
    annotators: int
    updated_at: datetime | None = field(compare=False)
    is_weighted: bool
    rates: dict[str, Estimate]
    raw_rates: dict[str, Estimate]
    answers: dict[str, int]
    agreement: dict[str, dict]
    filter: AgainstMajority
    ceiling: Ceiling
    audit: Estimate


@dataclass(frozen=True, slots=True)
class Figures(Headlines):
    """All estimates of a study, with the agreement on each question."""

    by_relation: dict[str, Group]

    def as_dict(self) -> dict:
        """As the API and `study_stats` print it."""
        counts = ("items", "items_judged", "items_complete", "judgments", "wanted", "annotators")
        return {
            **{name: getattr(self, name) for name in counts},
            "agreement": self.agreement,
            "rates": {name: rate.as_dict() for name, rate in self.rates.items()},
            "raw_rates": {name: rate.as_dict() for name, rate in self.raw_rates.items()},
            "filter": {**self.filter.as_dict(), "audit": self.audit.as_dict()},
            "by_relation": [{"relation": code, **group.as_dict()} for code, group in self.by_relation.items()],
        }


def study_revision(study: Study) -> str:
    """Grows with every judgment and audit, and tells strictnesses apart. A sum over participants misses no late commit,
    as the highest id would."""
    total = Participant.objects.filter(study=study).aggregate(n=Sum("revision", default=0))["n"]
    strictness = "/".join(f"{each:g}" for each in study.runs.order_by("pk").values_list("strictness", flat=True))
    return f"{total}-{study.state}-{strictness}"


def study_figures(study: Study, selection: Selection = EVERYTHING) -> Figures:
    return figures_of(Live(Asked(study, selection)))


def figures_of(rows: Rows) -> Figures:
    (judged, _), questions, found = rows.judged(), rows.asked.study.questions, headlines_of(rows)
    values = {each.name: getattr(found, each.name) for each in fields(found)}
    others = _by_question(questions[1:], lambda question: agreement(judged, question))
    values["agreement"] = found.agreement | others
    return Figures(**values, by_relation=by_group(judged, questions))


def headlines_of(rows: Rows) -> Headlines:
    questions, (judged, progress) = rows.asked.study.questions, rows.judged()
    audited = rows.audited()
    return Headlines(
        items=progress.items,
        items_judged=int(judged.items.sum()),
        items_complete=progress.items_complete,
        judgments=n_answers(judged, questions[0]),
        wanted=progress.wanted,
        annotators=audited.annotators,
        updated_at=progress.updated_at,
        is_weighted=bool(len(judged.items)) and float(judged.inclusion.min()) < float(judged.inclusion.max()),
        rates=_by_question(questions, lambda question: rate(judged, question)),
        raw_rates=_by_question(questions, lambda question: raw_rate(judged, question)),
        answers=_by_question(questions, lambda question: n_answers(judged, question)),
        agreement={questions[0].name: agreement(judged, questions[0])},
        filter=filter_against_majority(judged, questions[0]),
        ceiling=ceiling(judged, questions[0]),
        audit=wilson(audited.right, audited.audits),
    )


def n_answers(rows: Patterns, question: Question) -> int:
    return int(rows.items @ rows.counts[question.name].sum(axis=1))


def sample(rows: Patterns) -> Sample:
    return sample_of(len(rows.items), 1 / rows.inclusion, rows.stratum, items=rows.items)


def by_group(rows: Patterns, questions: tuple[Question, ...]) -> dict[str, Group]:
    """Groups of items, the most plausible first."""
    groups, group = np.unique(rows.group, return_inverse=True)
    design = sample(rows)

    def shares(of: NDArray, among: NDArray[np.bool_]) -> list[Estimate]:
        return grouped_ratios(of * among, among, group, design, NO_JUDGMENTS)

    rates = {question.name: shares(*_says_yes(rows, question)) for question in questions}
    kept = shares(rows.kept, rows.filtered)
    n = np.bincount(group, rows.items, len(groups)).astype(int).tolist()
    found = {
        name: Group(n[g], {question: each[g] for question, each in rates.items()}, kept[g])
        for g, name in enumerate(groups.tolist())
    }
    return dict(sorted(found.items(), key=lambda named: highest_first(named[1].rates[questions[0].name])))


def highest_first(figure: Estimate) -> tuple[bool, float]:
    """A sort key; what is undefined comes last."""
    return figure.value is None, -(figure.value or 0)


def positive(rows: Patterns, question: Question) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(judgments at or over `positive_from`, all judgments) of each row's items."""
    counts = rows.counts[question.name]
    return counts @ question.says_yes, counts.sum(axis=1)


def _by_question(questions: tuple[Question, ...], figure: Callable[[Question], Made]) -> dict[str, Made]:
    return {question.name: figure(question) for question in questions}


def rate(rows: Patterns, question: Question) -> Estimate:
    """The mean over items of the share of their annotators who say yes, weighted to the runs."""
    share, judged = _says_yes(rows, question)
    return hajek_rate(share, rows.inclusion, rows.stratum, domain=judged, items=rows.items)


def _says_yes(rows: Patterns, question: Question) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """For each item the share of its annotators who say yes, and whether it has annotators."""
    says, n = positive(rows, question)
    return says / np.maximum(n, 1), n > 0


def raw_rate(rows: Patterns, question: Question) -> Estimate:
    says, n = positive(rows, question)
    return answers_rate(says, n, items=rows.items, reason=NO_JUDGMENTS)
