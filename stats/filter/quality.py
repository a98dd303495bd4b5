"""The filter against people. Positive is kept; the truth is that most people found the intention plausible."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.grouped import grouped_ratios
from stats.intervals import t95
from stats.rates import NO_JUDGMENTS, wilson
from stats.sample import Sample, sample_of

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

# What an item is whose annotators are split in equal halves.
TIED = 0.5

NOTHING_KEPT = "the filter kept nothing"
NOTHING_REJECTED = "the filter rejected nothing"
NOTHING_PLAUSIBLE = "people found nothing plausible"
NOTHING_IMPLAUSIBLE = "people found everything plausible"


@dataclass(frozen=True, slots=True)
class FilterQuality:
    """The cells count items with a truth, without ties; the estimates are weighted where weights were given."""

    tp: int
    fp: int
    fn: int
    tn: int
    accuracy: Estimate
    precision: Estimate
    recall: Estimate
    specificity: Estimate
    f1: Estimate
    mcc: Estimate
    false_rejection_rate: Estimate

    def as_dict(self) -> dict[str, object]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: each.as_dict() if isinstance(each, Estimate) else each for name, each in values.items()}


def confusion(
    kept: ArrayLike,
    plausible: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> FilterQuality:
    """Confusion table and what follows from it; all arguments (rows,), row r stands for `items[r]` items.

    `weights`, 1/inclusion probability, let it speak of the whole run; `strata` and `clusters` fit the intervals to
    their design (see `hajek_rate`). With none of them the intervals are Wilson's of the counts. `plausible` is 1 or 0,
    or one half where people are tied: such an item counts for half as either.
    """
    kept, plausible = np.asarray(kept, dtype=bool), np.asarray(plausible, dtype=float)
    simple = weights is None and strata is None and clusters is None and not (plausible == TIED).any()
    sample = sample_of(len(kept), weights, strata, items=items, clusters=clusters)

    def share(of: Floats, among: Floats, reason: str) -> Estimate:
        if not sample.size(among > 0):
            return undefined(reason if sample.size() else NO_JUDGMENTS)
        if simple:
            return wilson(sample.size(of * among > 0), sample.size(among > 0))
        return sample.ratio(of * among, among, reason)

    keep, yes, no = kept.astype(float), plausible, 1 - plausible
    figures = {name: share(of, among, reason) for name, (of, among, reason) in parts(keep, plausible).items()}
    return FilterQuality(
        tp=sample.size(kept & (yes == 1)),
        fp=sample.size(kept & (no == 1)),
        fn=sample.size(~kept & (yes == 1)),
        tn=sample.size(~kept & (no == 1)),
        specificity=share(1 - keep, no, NOTHING_IMPLAUSIBLE),
        f1=f1_of(_jaccard(keep, yes, share)),
        mcc=_mcc(kept, plausible, sample),
        false_rejection_rate=share(yes, 1 - keep, NOTHING_REJECTED),
        **figures,
    )


def parts(keep: Floats, plausible: Floats) -> dict[str, tuple[Floats, Floats, str]]:
    """What is right among what, and why there may be none; all (rows,)."""
    right = keep * plausible + (1 - keep) * (1 - plausible)
    return {
        "accuracy": (right, np.ones(len(keep)), NO_JUDGMENTS),
        "precision": (plausible, keep, NOTHING_KEPT),
        "recall": (keep, plausible, NOTHING_PLAUSIBLE),
    }


def quality_by_group(
    kept: ArrayLike, plausible: ArrayLike, group: NDArray[np.int64], sample: Sample
) -> dict[str, list[Estimate]]:
    """Accuracy, precision and recall, each by group 0, 1, ... as `grouped_ratios` has it."""
    keep, truth = np.asarray(kept, dtype=float), np.asarray(plausible, dtype=float)
    return {
        name: grouped_ratios(of * among, among, group, sample, reason)
        for name, (of, among, reason) in parts(keep, truth).items()
    }


def _jaccard(kept: Floats, yes: Floats, share: Callable[[Floats, Floats, str], Estimate]) -> Estimate:
    """Kept and plausible among those that are either."""
    either = np.maximum(kept, yes)
    return share(
        kept * yes / np.maximum(either, TIED), either, "the filter kept nothing and people found nothing plausible"
    )


def f1_of(jaccard: Estimate) -> Estimate:
    """F1 = 2J/(1+J) with J = tp/(tp+fp+fn), a share, so its interval carries over: van Rijsbergen 1979, chapter 7."""
    if jaccard.value is None:
        return jaccard
    ci95 = jaccard.ci95 and (_f1(jaccard.ci95[0]), _f1(jaccard.ci95[1]))
    return Estimate(_f1(jaccard.value), ci95, jaccard.n)


def _f1(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)


def _mcc(kept: Flags, plausible: Floats, sample: Sample) -> Estimate:
    """Matthews 1975: the correlation φ of two yes/no answers.

    Influence z_x·z_y - φ(z_x² + z_y²)/2 from Devlin, Gnanadesikan and Kettenring 1975, on Fisher's scale.
    """
    n = sample.size()
    if reason := _mcc_undefined_because(kept, plausible, sample):
        return undefined(reason, n)
    w = sample.weights / sample.total(np.ones(len(kept)))
    (x, xx), (y, yy) = (_standardised(each, sample.items * w) for each in (kept.astype(float), plausible))
    phi = float(sample.items * w @ (x * y))
    if 1 - abs(phi) < 1e-12:
        return Estimate(round(phi), n=n)
    variance, df = sample.variance(w * (x * y - phi * (xx + yy) / 2))
    half = float(t95(df)) * sqrt(variance) / (1 - phi**2)
    return Estimate(phi, (tanh(atanh(phi) - half), tanh(atanh(phi) + half)), n)


def _standardised(answers: Floats, w: Floats) -> tuple[Floats, Floats]:
    """What an answer and its square are on average: a tie is half a yes and half a no.

    Both shares are summed, as 1 less a share of nearly all would have lost the weights that are left.
    """
    yes, no = w @ answers, w @ (1 - answers)
    return (answers * no - (1 - answers) * yes) / sqrt(yes * no), answers * no / yes + (1 - answers) * yes / no


def _mcc_undefined_because(kept: Flags, plausible: Floats, sample: Sample) -> str:
    causes = {
        NO_JUDGMENTS: sample.size(),
        NOTHING_KEPT: sample.size(kept),
        NOTHING_REJECTED: sample.size(~kept),
        NOTHING_PLAUSIBLE: sample.size(plausible > 0),
        NOTHING_IMPLAUSIBLE: sample.size(plausible < 1),
    }
    return next((reason for reason, items in causes.items() if not items), "")
