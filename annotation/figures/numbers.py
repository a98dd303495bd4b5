"""The figures of a study, computed from grouped rows. Numbers here, words in `headline` and `report`."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeVar

from annotation.figures.agreeing import agreement
from annotation.figures.assisting import QUALITIES
from annotation.figures.filtering import ceiling, of_complete
from annotation.figures.opinions import MOST_AT_ONCE, now_or_latest
from annotation.figures.patterns import Patterns
from annotation.figures.quality import filter_against_people
from annotation.figures.rates import Group, by_group, n_answers, positive, rate
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Rows
from annotation.figures.rows.live import Live
from annotation.figures.rows.together import revision_of
from annotation.figures.slow import WAITING
from annotation.models import Study
from annotation.scales import Question
from annotation.selection import EVERYTHING, LATENT, Selection
from stats.estimate import Estimate, undefined
from stats.filter.audits import answers_rate
from stats.filter.ceiling import Ceiling
from stats.filter.complete import AgainstMajority
from stats.filter.people import FIGURES as OF_FILTER
from stats.rates import NO_JUDGMENTS
from stats.survey.assisted import Assisted

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Headlines:
    """What a page asks for all the time; `rates`, `filter` and `ceiling` are weighted by inclusion probability.

    `assisted` has what p(yes) gave for each of these, by the names of the questions and of the filter's qualities;
    `kept` is counted over the run. `raw_rates` count the `answers` to each question as they are, with items as sampling
    units. `people` are the rates, and the filter's accuracy, precision and recall, for people like the annotators.
    `agreement` has the report of the first question only; `unjudged` is empty where single judgments are chosen.
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
    assisted: dict[str, Assisted]
    kept: Estimate
    unjudged: dict = field(compare=False)
    agreement: dict[str, dict]
    filter: AgainstMajority
    ceiling: Ceiling
    audits: int
    audit: Estimate
    people: dict[str, Estimate]
    latent: dict[str, Estimate]
    as_of: dict[str, datetime] = field(compare=False)


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
            "rates": {name: self.assisted[name].as_dict() for name in self.rates},
            "people_like_them": {name: rate.as_dict() for name, rate in self.people.items()},
            "unjudged": self.unjudged,
            "raw_rates": {name: rate.as_dict() for name, rate in self.raw_rates.items()},
            "filter": {
                **self.filter.as_dict(),
                **{name: self.assisted[name].as_dict() for name in QUALITIES},
                "kept": self.kept.as_dict(),
                "audit": self.audit.as_dict(),
                **({"latent": {name: each.as_dict() for name, each in self.latent.items()}} if self.latent else {}),
            },
            "by_relation": [{"relation": code, **group.as_dict()} for code, group in self.by_relation.items()],
        }


def study_revision(study: Study) -> str:
    """As the database has it now, whatever was read of the study before."""
    return revision_of(study.pk)


def study_figures(study: Study, selection: Selection = EVERYTHING) -> Figures:
    return figures_of(Live(Asked(study, selection)))


def figures_of(rows: Rows) -> Figures:
    (judged, _), questions, found = rows.judged(), rows.asked.study.questions, headlines_of(rows)
    values = {each.name: getattr(found, each.name) for each in fields(found)}
    others = _by_question(questions[1:], lambda question: agreement(judged, question))
    values["agreement"] = found.agreement | others
    return Figures(**values, by_relation=by_group(judged, questions, rows.totals()))


def headlines_of(rows: Rows) -> Headlines:
    questions, (judged, progress) = rows.asked.study.questions, rows.judged()
    totals, audited = rows.totals(), rows.audited()
    truth = rows.truth()
    complete = of_complete(truth, questions[0])
    against, assisted = filter_against_people(truth, complete, totals)
    assisted = _by_question(questions, lambda question: rate(judged, question, totals)) | assisted
    many, is_latent = n_answers(judged, questions[0]) > MOST_AT_ONCE, rows.asked.selection.truth == LATENT
    slow = now_or_latest(rows, {"audit": many, "people": many, **({"latent": True} if is_latent else {})})
    return Headlines(
        items=progress.items,
        items_judged=int(judged.items.sum()),
        items_complete=progress.items_complete,
        judgments=n_answers(judged, questions[0]),
        wanted=progress.wanted,
        annotators=audited.annotators,
        updated_at=progress.updated_at,
        is_weighted=bool(len(judged.items)) and float(judged.inclusion.min()) < float(judged.inclusion.max()),
        rates=_by_question(questions, lambda question: assisted[question.name].figure),
        raw_rates=_by_question(questions, lambda question: raw_rate(judged, question)),
        answers=_by_question(questions, lambda question: n_answers(judged, question)),
        assisted=assisted,
        kept=totals.kept_share(),
        unjudged=judged.response.as_dict() if judged.response else {},
        agreement={questions[0].name: agreement(judged, questions[0])},
        filter=against,
        ceiling=ceiling(complete if truth is judged else of_complete(judged, questions[0])),
        audits=audited.audits,
        audit=slow["audit"].get("audit"),
        people={name: slow["people"].get(name) for name in (*(each.name for each in questions), *OF_FILTER)},
        latent=slow["latent"].figures or {"accuracy": undefined(WAITING)} if "latent" in slow else {},
        as_of={name: each.as_of for name, each in slow.items() if each.as_of},
    )


def _by_question(questions: tuple[Question, ...], figure: Callable[[Question], Made]) -> dict[str, Made]:
    return {question.name: figure(question) for question in questions}


def raw_rate(rows: Patterns, question: Question) -> Estimate:
    says, n = positive(rows, question)
    return answers_rate(says, n, items=rows.items, reason=NO_JUDGMENTS)
