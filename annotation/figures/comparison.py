"""Two runs in one study, compared on the same co-buys and relations."""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.figures.rows.totals import totals
from annotation.models import Study
from annotation.scales import Question
from annotation.selection import EVERYTHING
from distillation.models import Run
from stats.agreement.coefficients import krippendorff_alpha
from stats.estimate import Estimate, undefined
from stats.packing import unpack
from stats.paired import NO_COMMON, agreement_difference, paired_difference
from stats.sample import sample_of
from stats.survey.run import kept_difference, kept_share

# One row for each pair of judged items; a run's samples of a unit pair by their number.
_PAIRS = """
    SELECT ta.cobuy_id, a.inclusion_probability,
           a.plausibility_tally, a.typicality_tally, b.plausibility_tally, b.typicality_tally
    FROM annotation_item a JOIN distillation_intention ta ON ta.id = a.intention_id
    JOIN distillation_intention tb
      ON tb.run_id = %(b)s AND (tb.cobuy_id, tb.relation, tb.sample) = (ta.cobuy_id, ta.relation, ta.sample)
    JOIN annotation_item b ON b.intention_id = tb.id AND b.study_id = a.study_id
    WHERE a.study_id = %(study)s AND a.run_id = %(a)s AND a.gold IS NULL AND b.gold IS NULL
      AND a.n_judged > 0 AND b.n_judged > 0
    ORDER BY a.id
"""
AGREEMENT_DRAWS = 500
# Above so many pairs the resampling of whole co-buys takes seconds; then pairs alike are drawn as one.
CLUSTERED_PAIRS = 1_000


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure of both runs on their common pairs, and the mean of the pairs' differences."""

    name: str
    a: Estimate
    b: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class _Pairs:
    cobuy: NDArray[np.int64]
    weights: NDArray[np.float64]
    tallies: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]


def runs_compare(study: Study, a: Run, b: Run) -> tuple[list[Compared], int]:
    """Plausible, typical, kept and agreement of run `a` against run `b`, and on how many pairs."""
    pairs = _pairs(study, a, b)
    shares = [_of_shares(pairs, question) for question in study.questions]
    return [*shares, _of_kept(study, a, b), *(_of_agreement(pairs, each) for each in study.questions)], len(pairs.cobuy)


def _pairs(study: Study, a: Run, b: Run) -> _Pairs:
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"study": study.pk, "a": a.pk, "b": b.pk})
        rows = np.array(cursor.fetchall(), dtype=object).reshape(-1, 6)
    first, second = study.questions
    return _Pairs(
        cobuy=rows[:, 0].astype(np.int64),
        weights=1 / rows[:, 1].astype(float),
        tallies={
            question.name: (_votes(question, rows[:, of_a]), _votes(question, rows[:, of_b]))
            for question, of_a, of_b in ((first, 2, 4), (second, 3, 5))
        },
    )


def _votes(question: Question, tallies: NDArray) -> NDArray[np.int64]:
    return unpack(tallies.astype(np.int64), len(question.options))


def _of_shares(pairs: _Pairs, question: Question) -> Compared:
    counts = pairs.tallies[question.name]
    both = np.logical_and(*(each.sum(axis=1) > 0 for each in counts))
    a, b = ((each @ question.says_yes)[both] / each.sum(axis=1)[both] for each in counts)
    return _compared(question.short, a, b, pairs, both)


def _of_kept(study: Study, a: Run, b: Run) -> Compared:
    """Counted over both runs, not estimated from their pairs."""
    whole = totals(study, EVERYTHING, "run")
    (kept_a, of_a), (kept_b, of_b) = whole.counted(a.name), whole.counted(b.name)
    if not of_a or not of_b:
        unknown = undefined("one of the runs has no filter")
        return Compared("Kept by its filter", unknown, unknown, unknown)
    difference = kept_difference((kept_a, kept_b), (of_a, of_b))
    return Compared("Kept by its filter", kept_share(kept_a, of_a), kept_share(kept_b, of_b), difference)


def _compared(name: str, a: NDArray, b: NDArray, pairs: _Pairs, within: NDArray) -> Compared:
    if not len(a):
        unknown = undefined(NO_COMMON)
        return Compared(name, unknown, unknown, unknown)
    weights, cobuy = pairs.weights[within], pairs.cobuy[within]
    sample = sample_of(len(a), weights, clusters=cobuy)
    share_a, share_b = (sample.ratio(each, np.ones(len(each)), NO_COMMON) for each in (a, b))
    return Compared(name, share_a, share_b, paired_difference(a, b, weights, clusters=cobuy))


def _of_agreement(pairs: _Pairs, question: Question) -> Compared:
    a, b = pairs.tallies[question.name]
    name = f"Agreement on {question.short.lower()}, α"
    if len(a) <= CLUSTERED_PAIRS:
        difference = agreement_difference(a, b, krippendorff_alpha, clusters=pairs.cobuy, draws=AGREEMENT_DRAWS)
        return Compared(name, krippendorff_alpha(a), krippendorff_alpha(b), difference)
    alike, items = np.unique(np.hstack([a, b]), axis=0, return_counts=True)
    a, b = np.hsplit(alike, [a.shape[1]])
    difference = agreement_difference(a, b, krippendorff_alpha, items=items, draws=AGREEMENT_DRAWS)
    return Compared(name, krippendorff_alpha(a, items), krippendorff_alpha(b, items), difference)
