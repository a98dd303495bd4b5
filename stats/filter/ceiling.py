"""What the filter could reach at best: how well one annotator does against the others, on the same comparisons.

A comparison sets one annotator of an item against the majority of the item's others; where these are tied, or there is
nobody else, there is none. The filter's verdict is set against the same majority each time.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.filter.quality import NOTHING_KEPT, NOTHING_PLAUSIBLE
from stats.intervals import t_interval
from stats.sample import Sample, sample_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NO_OTHERS = "no item has others with a majority"
NOBODY_YES = "nobody found anything plausible"


@dataclass(frozen=True, slots=True)
class Against:
    """Someone against the majority of the others, who are taken as right; n is items with a comparison."""

    accuracy: Estimate
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Gaps are the annotators' figure less the filter's, paired: with an interval over 0 the filter has room to grow.

    `gap` is of accuracy. A filter that is one more annotator has gaps about 0 (`benchmarks validity`).
    """

    annotators: Against
    filter: Against
    gap: Estimate
    precision_gap: Estimate
    recall_gap: Estimate
    comparisons: int

    def as_dict(self) -> dict[str, object]:
        def leaves(against: Against) -> dict[str, object]:
            return {field.name: getattr(against, field.name).as_dict() for field in fields(against)}

        sides = {"annotators": leaves(self.annotators), "filter": leaves(self.filter)}
        gaps = {name: getattr(self, name).as_dict() for name in ("gap", "precision_gap", "recall_gap")}
        return {**sides, **gaps, "comparisons": self.comparisons}


@dataclass(frozen=True, slots=True)
class _Said:
    """Sums over an item's comparisons: all of them, those where somebody said yes, was right, and both (rows,)."""

    comparisons: Floats
    truly: Floats
    yes: Floats
    right: Floats
    rightly_yes: Floats


def human_ceiling(
    plausible: ArrayLike,
    judged: ArrayLike,
    kept: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Ceiling:
    """Each annotator against the majority of the others, pooled; arguments (rows,), of `items[r]` items each.

    Of an item `plausible` of its `judged` annotators said so: that tells all its comparisons. Figures are ratios of
    sums over items, the sampling units (Särndal et al. 1992, section 5.6); annotators count by how much they judged.
    """
    yes, n, kept = np.asarray(plausible, dtype=float), np.asarray(judged, dtype=float), np.asarray(kept, dtype=bool)
    sample = sample_of(len(yes), weights, strata, items=items, clusters=clusters)
    # Who said yes has yes - 1 others that did, who said no has yes.
    parts = [(yes, np.ones(len(yes), dtype=bool), yes - 1), (n - yes, np.zeros(len(yes), dtype=bool), yes)]
    annotators = _summed([_said(times, own, others, n - 1) for times, own, others in parts])
    verdicts = _summed([_said(times, kept, others, n - 1) for times, _, others in parts])
    return _ceiling(annotators, verdicts, sample)


def agreement_with_others(
    annotators: ArrayLike, own: ArrayLike, plausible: ArrayLike, judged: ArrayLike, *, items: ArrayLike | None = None
) -> dict[Any, Estimate]:
    """By annotator the accuracy of `human_ceiling`, of rows of annotator, own answer and the item's tallies with it;
    each of `items[r]` items."""
    names, who = np.unique(np.asarray(annotators), return_inverse=True)
    own = np.asarray(own, dtype=bool)
    n, others = np.asarray(judged, dtype=float) - 1, np.asarray(plausible, dtype=float) - own
    sample, said = sample_of(len(who), items=items), _said(np.ones(len(who)), own, others, n)

    def accuracy(rows: Bools) -> Estimate:
        return sample.where(rows).ratio(said.right[rows], said.comparisons[rows], NO_OTHERS)

    return {name: accuracy(who == i) for i, name in enumerate(names.tolist())}


def _said(times: Floats, answer: Bools, others_yes: Floats, others: Floats) -> _Said:
    """So many comparisons of this answer with these others."""
    decided = times * (2 * others_yes != others) * (others > 0)
    truth = 2 * others_yes > others
    return _Said(decided, decided * truth, decided * answer, decided * (answer == truth), decided * (answer & truth))


def _summed(parts: list[_Said]) -> _Said:
    return _Said(*(sum(getattr(part, field.name) for part in parts) for field in fields(_Said)))


def _ceiling(annotators: _Said, verdicts: _Said, sample: Sample) -> Ceiling:
    def gap(of: str, among: str, reason: str) -> Estimate:
        people, verdict = ((getattr(said, of), getattr(said, among)) for said in (annotators, verdicts))
        return _difference(people, verdict, sample, reason)

    return Ceiling(
        annotators=_against(annotators, sample, NOBODY_YES),
        filter=_against(verdicts, sample, NOTHING_KEPT),
        gap=gap("right", "comparisons", NO_OTHERS),
        precision_gap=gap("rightly_yes", "yes", "the filter kept nothing, or people said yes to nothing"),
        recall_gap=gap("rightly_yes", "truly", NOTHING_PLAUSIBLE),
        comparisons=round(float(sample.items @ annotators.comparisons)),
    )


def _against(said: _Said, sample: Sample, nothing_said: str) -> Against:
    return Against(
        accuracy=sample.ratio(said.right, said.comparisons, NO_OTHERS),
        precision=sample.ratio(said.rightly_yes, said.yes, nothing_said),
        recall=sample.ratio(said.rightly_yes, said.truly, NOTHING_PLAUSIBLE),
    )


def _difference(
    annotators: tuple[Floats, Floats], verdicts: tuple[Floats, Floats], sample: Sample, reason: str
) -> Estimate:
    """Σ w·of / Σ w·among of the annotators less that of the verdicts on the same items: the delta method on both."""
    totals = [sample.total(among) for _, among in (annotators, verdicts)]
    compared = annotators[1] > 0
    if not all(totals):
        return undefined(reason if sample.size(compared) else NO_OTHERS, sample.size(compared))
    one, other = (sample.total(of) / total for (of, _), total in zip((annotators, verdicts), totals, strict=True))
    u = (annotators[0] - one * annotators[1]) / totals[0] - (verdicts[0] - other * verdicts[1]) / totals[1]
    interval = t_interval(one - other, *sample.variance(sample.weights * u), -1, 1)
    return Estimate(one - other, interval, sample.size(compared))
