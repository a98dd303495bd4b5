"""The figures of a study: rows alike to statistics. Numbers here, words in `figures_page`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from django.db.models import Count, Q, Sum
from numpy.typing import NDArray

from annotation.figures.patterns import Patterns, Progress, patterns
from annotation.models import Participant, Study
from annotation.scales import Question
from annotation.selection import EVERYTHING, Selection
from distillation.pipeline.relations import RELATIONS
from stats.agreement.coefficients import agreement_report
from stats.estimate import Estimate
from stats.filter.ceiling import Ceiling, human_ceiling
from stats.filter.quality import FilterQuality, confusion
from stats.grouped import grouped_ratios
from stats.packing import unpack
from stats.rates import NO_JUDGMENTS, hajek_rate, wilson
from stats.sample import Sample, sample_of
from stats.votes import Majority, majority


@dataclass(frozen=True, slots=True)
class Figures:
    """All estimates of a study; `rates` and `filter` are weighted by inclusion probability."""

    items: int
    items_judged: int
    items_complete: int
    judgments: int
    wanted: int
    annotators: int
    updated_at: datetime | None
    rates: dict[str, Estimate]
    raw_rates: dict[str, Estimate]
    agreement: dict[str, dict]
    filter: FilterQuality
    ties: int
    audit: Estimate
    by_relation: list[dict]

    def as_dict(self) -> dict:
        counts = ("items", "items_judged", "items_complete", "judgments", "wanted", "annotators")
        return {
            **{name: getattr(self, name) for name in counts},
            "agreement": self.agreement,
            "rates": {name: rate.as_dict() for name, rate in self.rates.items()},
            "raw_rates": {name: rate.as_dict() for name, rate in self.raw_rates.items()},
            "filter": {**self.filter.as_dict(), "ties_left_out": self.ties, "audit": self.audit.as_dict()},
            "by_relation": [{"relation": row["group"], **_leaves(row)} for row in self.by_relation],
        }


def study_revision(study: Study) -> str:
    """Grows with every judgment and audit, and tells strictnesses apart. A sum over participants misses no late commit,
    as the highest id would."""
    total = Participant.objects.filter(study=study).aggregate(n=Sum("revision", default=0))["n"]
    strictness = "/".join(f"{each:g}" for each in study.runs.order_by("pk").values_list("strictness", flat=True))
    return f"{total}-{study.state}-{strictness}"


def study_figures(study: Study, selection: Selection = EVERYTHING) -> Figures:
    return figures_from(study, selection, *patterns(study, selection))


def figures_from(study: Study, selection: Selection, rows: Patterns, progress: Progress) -> Figures:
    return Figures(
        **asdict(progress),
        **people(study, selection),
        **figures_of(rows, study.questions),
        by_relation=[
            {**row, "words": RELATIONS[row["group"]].words or "open"} for row in by_group(rows, study.questions)
        ],
    )


def figures_of(rows: Patterns, questions: tuple[Question, ...]) -> dict:
    """What follows from the rows alone, and so from an export as well."""
    quality, ties = filter_quality(rows, questions[0])
    return {
        "items_judged": int(rows.items.sum()),
        "judgments": int(rows.items @ rows.counts[questions[0].name].sum(axis=1)),
        "rates": _by_question(questions, lambda question: rate(rows, question)),
        "raw_rates": _by_question(questions, lambda question: raw_rate(rows, question)),
        "agreement": _by_question(questions, lambda question: agreement(rows, question)),
        "filter": quality,
        "ties": ties,
    }


def sample(rows: Patterns) -> Sample:
    return sample_of(len(rows.items), 1 / rows.inclusion, rows.stratum, items=rows.items)


def by_group(rows: Patterns, questions: tuple[Question, ...]) -> list[dict]:
    groups, group = np.unique(rows.group, return_inverse=True)
    design = sample(rows)

    def shares(of: NDArray, among: NDArray[np.bool_]) -> list[Estimate]:
        return grouped_ratios(of * among, among, group, design, NO_JUDGMENTS)

    columns = {question.name: shares(*_says_yes(rows, question)) for question in questions}
    columns["kept"] = shares(rows.kept, rows.filtered)
    n = np.bincount(group, rows.items, len(groups)).astype(int).tolist()
    found = [
        {"group": name, "words": name, "items": n[g], **{column: each[g] for column, each in columns.items()}}
        for g, name in enumerate(groups.tolist())
    ]
    return sorted(found, key=lambda row: (row["plausibility"].value is None, -(row["plausibility"].value or 0)))


def positive(rows: Patterns, question: Question) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(judgments at or over `positive_from`, all judgments) of each row's items."""
    counts = rows.counts[question.name]
    return counts @ question.says_yes, counts.sum(axis=1)


def people(study: Study, selection: Selection) -> dict:
    """Annotators and audits: counted on the participants, unless some judgments only are chosen."""
    if selection == EVERYTHING:
        people = study.participants.exclude(state=Participant.State.EXCLUDED).filter(n_judged__gt=0)
        counted = people.aggregate(
            annotators=Count("pk"), asked=Sum("n_audited", default=0), right=Sum("n_filter_right", default=0)
        )
    else:
        counted = selection.judgments(study).aggregate(
            annotators=Count("participant", distinct=True),
            asked=Count("filter_right"),
            right=Count("pk", filter=Q(filter_right=True)),
        )
    return {"annotators": counted["annotators"], "audit": wilson(counted["right"], counted["asked"])}


def _by_question(questions: tuple[Question, ...], figure: Callable[[Question], object]) -> dict:
    return {question.name: figure(question) for question in questions}


def rate(rows: Patterns, question: Question) -> Estimate:
    """The mean over items of the share of their annotators who say yes, weighted to the runs."""
    share, judged = _says_yes(rows, question)
    return hajek_rate(share, rows.inclusion, rows.stratum, domain=judged, items=rows.items)


def _says_yes(rows: Patterns, question: Question) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The share of an item's annotators, and where there are any."""
    says, n = positive(rows, question)
    return says / np.maximum(n, 1), n > 0


def raw_rate(rows: Patterns, question: Question) -> Estimate:
    says, n = positive(rows, question)
    return wilson(int(rows.items @ says), int(rows.items @ n))


def agreement(rows: Patterns, question: Question) -> dict:
    packed, alike = np.unique(rows.packed[question.name], return_inverse=True)
    counts = unpack(packed, len(question.options))
    return agreement_report(counts, np.bincount(alike, rows.items), values=question.ascending)


def filter_quality(rows: Patterns, plausibility: Question) -> tuple[FilterQuality, int]:
    votes = majority_of(rows, plausibility)
    decided = (votes.winner >= 0) & rows.filtered
    quality = confusion(
        rows.kept[decided],
        votes.winner[decided] == 1,
        weights=1 / rows.inclusion[decided],
        strata=rows.stratum[decided],
        items=rows.items[decided],
    )
    return quality, votes.ties


def ceiling(rows: Patterns, plausibility: Question) -> Ceiling:
    """On the items that the filter is judged on."""
    asked = rows.filtered
    says, n = positive(rows, plausibility)
    design = sample(rows).where(asked)
    return human_ceiling(says[asked], n[asked], rows.kept[asked], design.weights, design.stratum, items=design.items)


def majority_of(rows: Patterns, plausibility: Question) -> Majority:
    """Winner 1 where most say yes; ties are counted where there is a verdict."""
    says, n = positive(rows, plausibility)
    return majority(np.stack([n - says, says], axis=1), items=rows.items * rows.filtered)


def _leaves(row: dict) -> dict:
    estimates = {name: each.as_dict() for name, each in row.items() if isinstance(each, Estimate)}
    return {**estimates, "items": row["items"]}
