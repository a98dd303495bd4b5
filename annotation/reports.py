"""The figures of a study: rows to arrays to statistics. Numbers here, words in `figures_page`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from numpy.typing import NDArray

from annotation.models import Item, Judgment, Kind, Participant, Study
from annotation.scales import Question
from annotation.stats.agreement import agreement_report
from annotation.stats.estimate import Estimate
from annotation.stats.filter_quality import FilterQuality, confusion, majority
from annotation.stats.rates import hajek_rate, wilson
from distillation.pipeline.relations import RELATIONS


@dataclass(frozen=True, slots=True)
class Tallies:
    """Judged items of a study as columns of equal length; counts are (items, options in ascending order)."""

    relation: NDArray[np.str_]
    kept: NDArray[np.bool_]
    inclusion: NDArray[np.float64]
    stratum: NDArray[np.str_]
    counts: dict[str, NDArray[np.int64]]


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
        return {
            **{
                name: getattr(self, name) for name in ("items", "items_judged", "items_complete", "judgments", "wanted")
            },
            "annotators": self.annotators,
            "agreement": self.agreement,
            "rates": {name: rate.as_dict() for name, rate in self.rates.items()},
            "raw_rates": {name: rate.as_dict() for name, rate in self.raw_rates.items()},
            "filter": {**self.filter.as_dict(), "ties_left_out": self.ties, "audit": self.audit.as_dict()},
            "by_relation": [
                {
                    "relation": row["relation"],
                    **{name: row[name].as_dict() for name in self.rates},
                    "items": row["items"],
                }
                for row in self.by_relation
            ],
        }


def study_revision(study: Study) -> str:
    """Grows with every judgment and audit. A sum over participants misses no late commit, as the highest id would."""
    total = Participant.objects.filter(study=study).aggregate(n=Sum("revision", default=0))["n"]
    return f"{total}-{study.state}"


def study_figures(study: Study, *, with_excluded: bool = False) -> Figures:
    """Without excluded annotators, as everywhere, or with them, to see what they change."""
    tallies = _tallies(study, with_excluded)
    progress = study.items.sampled().aggregate(
        items=Count("pk"),
        wanted=Sum("overlap", default=0),
        complete=Count("pk", filter=Q(n_judged=F("overlap"))),
    )
    audits = _judgments(study, with_excluded).aggregate(
        judgments=Count("pk"),
        asked=Count("filter_right"),
        right=Count("pk", filter=Q(filter_right=True)),
        annotators=Count("participant", distinct=True),
        last=Max("created_at"),
    )
    quality, ties = _filter_quality(tallies, study.questions[0])
    return Figures(
        items=progress["items"],
        items_judged=len(tallies.relation),
        items_complete=progress["complete"],
        judgments=audits["judgments"],
        wanted=progress["wanted"],
        annotators=audits["annotators"],
        updated_at=audits["last"],
        rates=_by_question(study, lambda question: _rate(tallies, question)),
        raw_rates=_by_question(study, lambda question: _raw_rate(tallies, question)),
        agreement=_by_question(study, lambda question: _agreement(tallies, question)),
        filter=quality,
        ties=ties,
        audit=wilson(audits["right"], audits["asked"]),
        by_relation=_by_relation(study, tallies),
    )


def _judgments(study: Study, with_excluded: bool) -> QuerySet[Judgment]:
    judgments = Judgment.objects.filter(kind=Kind.ITEM) if with_excluded else Judgment.objects.counting()
    return judgments.filter(item__study=study)


def _by_question(study: Study, figure: Callable[[Question], object]) -> dict:
    return {question.name: figure(question) for question in study.questions}


def _tallies(study: Study, with_excluded: bool) -> Tallies:
    strictness = {run.pk: run.strictness for run in study.runs.all()}
    counting, judged = Q(judgments__kind=Kind.ITEM), Q(n_judged__gt=0)
    if with_excluded:
        judged = Exists(Judgment.objects.filter(item=OuterRef("pk"), kind=Kind.ITEM))
    else:
        counting &= ~Q(judgments__participant__state=Participant.State.EXCLUDED)
    columns = {
        f"{question.name}_{value}": Count("judgments", filter=counting & Q(**{f"judgments__{question.name}": value}))
        for question in study.questions
        for value in sorted(question.values)
    }
    rows = list(
        Item.objects.sampled()
        .filter(judged, study=study)
        .annotate(**columns)
        .order_by("pk")
        .values(
            "intention__relation", "intention__run_id", "intention__verdict__p_yes", "intention__verdict__yes",
            "inclusion_probability", "stratum", *columns,
        )
    )  # fmt: skip
    return Tallies(
        relation=np.array([row["intention__relation"] for row in rows], dtype=str),
        kept=np.array([_kept(row, strictness) for row in rows], dtype=bool),
        inclusion=np.array([row["inclusion_probability"] for row in rows], dtype=float),
        stratum=np.array([row["stratum"] for row in rows], dtype=str),
        counts={
            question.name: np.array(
                [[row[f"{question.name}_{value}"] for value in sorted(question.values)] for row in rows], dtype=np.int64
            ).reshape(len(rows), len(question.values))
            for question in study.questions
        },
    )


def _kept(row: dict, strictness: dict[int, float]) -> bool:
    p_yes = row["intention__verdict__p_yes"]
    return row["intention__verdict__yes"] if p_yes is None else p_yes >= strictness[row["intention__run_id"]]


def _positive(tallies: Tallies, question: Question) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(judgments at or over `positive_from`, all judgments) of each item."""
    counts = tallies.counts[question.name]
    over = np.array([value >= question.positive_from for value in sorted(question.values)])
    return counts @ over, counts.sum(axis=1)


def _rate(tallies: Tallies, question: Question, among: NDArray[np.bool_] | bool = True) -> Estimate:
    """The mean over items of the share of their annotators who say yes, weighted to the runs."""
    positive, n = _positive(tallies, question)
    share = positive / np.maximum(n, 1)
    return hajek_rate(share, tallies.inclusion, tallies.stratum, domain=(n > 0) & among)


def _raw_rate(tallies: Tallies, question: Question) -> Estimate:
    positive, n = _positive(tallies, question)
    return wilson(int(positive.sum()), int(n.sum()))


def _agreement(tallies: Tallies, question: Question) -> dict:
    return agreement_report(tallies.counts[question.name], values=sorted(question.values))


def _filter_quality(tallies: Tallies, plausibility: Question) -> tuple[FilterQuality, int]:
    positive, n = _positive(tallies, plausibility)
    votes = majority(np.stack([n - positive, positive], axis=1))
    decided = votes.winner >= 0
    quality = confusion(
        tallies.kept[decided],
        votes.winner[decided] == 1,
        weights=1 / tallies.inclusion[decided],
        strata=tallies.stratum[decided],
    )
    return quality, votes.ties


def _by_relation(study: Study, tallies: Tallies) -> list[dict]:
    rows = []
    for code in sorted(set(tallies.relation.tolist())):
        these = tallies.relation == code
        rates = _by_question(study, lambda question, these=these: _rate(tallies, question, these))
        kept = hajek_rate(tallies.kept, tallies.inclusion, tallies.stratum, domain=these)
        words = RELATIONS[code].words or "open"
        rows.append({"relation": code, "words": words, "items": int(these.sum()), "kept": kept, **rates})
    return sorted(rows, key=lambda row: (row["plausibility"].value is None, -(row["plausibility"].value or 0)))
