"""Two runs in one study, compared on the same co-buys and relations."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.figures.rows.asked import Asked
from annotation.figures.rows.kinds import Pairs, Rows
from annotation.figures.rows.live import Live
from annotation.figures.rows.totals import Totals
from annotation.models import Study
from annotation.scales import Question
from distillation.models import Run
from stats.agreement.coefficients import krippendorff_alpha
from stats.agreement.resampled import krippendorff_alphas
from stats.estimate import Estimate, undefined
from stats.paired import NO_COMMON, agreement_difference, paired_difference
from stats.sample import sample_of
from stats.survey.run import kept_difference, kept_share

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
class Comparison:
    """On `pairs` judged in both runs; pairs that were drawn and stand for a share `unjudged` are not."""

    rows: list[Compared]
    pairs: int
    unjudged: float


def runs_compare(study: Study, a: Run, b: Run) -> Comparison:
    """Plausible, typical, kept and agreement of run `a` against run `b`."""
    return rows_compare(Live(Asked(study)), a, b)


def rows_compare(rows: Rows, a: Run, b: Run) -> Comparison:
    pairs, questions = rows.pairs(a, b), rows.asked.study.questions
    # Co-buys by which comes first: whole co-buys are drawn by their number, and one draws the same whatever their ids.
    _, first, code = np.unique(pairs.cobuy, return_index=True, return_inverse=True)
    pairs = replace(pairs, cobuy=np.argsort(np.argsort(first))[code])
    shares = [_of_shares(pairs, question) for question in questions]
    kept, agreement = _of_kept(rows.totals("run"), a, b), [_of_agreement(pairs, each) for each in questions]
    return Comparison([*shares, kept, *agreement], len(pairs.cobuy), pairs.unjudged)


def _of_shares(pairs: Pairs, question: Question) -> Compared:
    counts = pairs.tallies[question.name]
    both = np.logical_and(*(each.sum(axis=1) > 0 for each in counts))
    a, b = ((each @ question.says_yes)[both] / each.sum(axis=1)[both] for each in counts)
    return _compared(question.short, a, b, pairs, both)


def _of_kept(whole: Totals, a: Run, b: Run) -> Compared:
    """Counted over both runs, not estimated from their pairs."""
    (kept_a, of_a), (kept_b, of_b) = whole.counted(a.name), whole.counted(b.name)
    if not of_a or not of_b:
        unknown = undefined("one of the runs has no filter")
        return Compared("Kept by its filter", unknown, unknown, unknown)
    difference = kept_difference((kept_a, kept_b), (of_a, of_b))
    return Compared("Kept by its filter", kept_share(kept_a, of_a), kept_share(kept_b, of_b), difference)


def _compared(name: str, a: NDArray, b: NDArray, pairs: Pairs, within: NDArray) -> Compared:
    if not len(a):
        unknown = undefined(NO_COMMON)
        return Compared(name, unknown, unknown, unknown)
    weights, cobuy = pairs.weights[within], pairs.cobuy[within]
    sample = sample_of(len(a), weights, clusters=cobuy)
    share_a, share_b = (sample.ratio(each, np.ones(len(each)), NO_COMMON) for each in (a, b))
    return Compared(name, share_a, share_b, paired_difference(a, b, weights, clusters=cobuy))


def _of_agreement(pairs: Pairs, question: Question) -> Compared:
    a, b = pairs.tallies[question.name]
    name = f"Agreement on {question.short.lower()}, α"
    if len(a) <= CLUSTERED_PAIRS:
        difference = _alphas_apart(a, b, clusters=pairs.cobuy)
        return Compared(name, krippendorff_alpha(a), krippendorff_alpha(b), difference)
    alike, items = np.unique(np.hstack([a, b]), axis=0, return_counts=True)
    a, b = np.hsplit(alike, [a.shape[1]])
    difference = _alphas_apart(a, b, items=items)
    return Compared(name, krippendorff_alpha(a, items), krippendorff_alpha(b, items), difference)


def _alphas_apart(a: NDArray, b: NDArray, *, items: NDArray | None = None, clusters: NDArray | None = None) -> Estimate:
    return agreement_difference(
        a, b, krippendorff_alpha, resampled=krippendorff_alphas, draws=AGREEMENT_DRAWS, items=items, clusters=clusters
    )
