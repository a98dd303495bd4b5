"""The filter against people. Positive is kept; the truth is that most people found the intention plausible."""

from dataclasses import dataclass, fields
from math import atanh, sqrt, tanh
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.estimate import Estimate, undefined
from annotation.stats.intervals import Z95
from annotation.stats.rates import NO_JUDGMENTS, hajek_rate, stratified_variance, wilson

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

NOTHING_KEPT = "the filter kept nothing"
NOTHING_REJECTED = "the filter rejected nothing"
NOTHING_PLAUSIBLE = "people found nothing plausible"
NOTHING_IMPLAUSIBLE = "people found everything plausible"


@dataclass(frozen=True, slots=True)
class Majority:
    """`winner` is a category per item, -1 where there is none; `ties` counts the items without a sole winner."""

    winner: NDArray[np.int64]
    ties: int


@dataclass(frozen=True, slots=True)
class FilterQuality:
    """The cells count items; the estimates are weighted where weights were given."""

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


def majority(counts: ArrayLike, tie: Literal["leave_out", "lowest", "highest"] = "leave_out") -> Majority:
    """The category most annotators chose; a tie is left out, or goes to the lowest or highest of the tied."""
    counts = np.asarray(counts)
    judged = counts.sum(axis=1) > 0
    top = counts == counts.max(axis=1, keepdims=True)
    tied = judged & (top.sum(axis=1) > 1)
    lowest, highest = top.argmax(axis=1), counts.shape[1] - 1 - top[:, ::-1].argmax(axis=1)
    winner = highest if tie == "highest" else lowest
    without = ~judged | tied if tie == "leave_out" else ~judged
    return Majority(np.where(without, -1, winner), int(tied.sum()))


def confusion(
    kept: ArrayLike, plausible: ArrayLike, weights: ArrayLike | None = None, strata: ArrayLike | None = None
) -> FilterQuality:
    """Confusion table and what follows from it.

    `weights`, 1/inclusion probability, let it speak of the whole run; `strata` narrow the intervals to their design.
    """
    kept, plausible = np.asarray(kept, dtype=bool), np.asarray(plausible, dtype=bool)
    simple = weights is None and strata is None
    weights = np.ones(len(kept)) if weights is None else np.asarray(weights, dtype=float)

    def share(of: Flags, among: Flags, reason: str) -> Estimate:
        if not among.any():
            return undefined(reason if len(kept) else NO_JUDGMENTS)
        if simple:
            return wilson(int((of & among).sum()), int(among.sum()))
        return hajek_rate(of, 1 / weights, strata, domain=among)

    hits = kept & plausible
    return FilterQuality(
        tp=int(hits.sum()),
        fp=int((kept & ~plausible).sum()),
        fn=int((~kept & plausible).sum()),
        tn=int((~kept & ~plausible).sum()),
        accuracy=share(kept == plausible, np.ones_like(kept), NO_JUDGMENTS),
        precision=share(plausible, kept, NOTHING_KEPT),
        recall=share(kept, plausible, NOTHING_PLAUSIBLE),
        specificity=share(~kept, ~plausible, NOTHING_IMPLAUSIBLE),
        f1=_f1(share(hits, kept | plausible, "the filter kept nothing and people found nothing plausible")),
        mcc=_mcc(kept, plausible, weights, strata),
        false_rejection_rate=share(plausible, ~kept, NOTHING_REJECTED),
    )


def _f1(jaccard: Estimate) -> Estimate:
    """F1 = 2J/(1+J) with J = tp/(tp+fp+fn), a share, so its interval carries over: van Rijsbergen 1979, chapter 7."""
    if jaccard.value is None:
        return jaccard
    low, high = jaccard.ci95
    return Estimate(2 * jaccard.value / (1 + jaccard.value), (2 * low / (1 + low), 2 * high / (1 + high)), jaccard.n)


def _mcc(kept: Flags, plausible: Flags, weights: Floats, strata: ArrayLike | None) -> Estimate:
    """Matthews 1975: the correlation φ of two yes/no answers.

    Influence z_x·z_y - φ(z_x² + z_y²)/2 from Devlin, Gnanadesikan and Kettenring 1975, on Fisher's scale.
    """
    n = len(kept)
    if reason := _mcc_undefined_because(kept, plausible):
        return undefined(reason, n)
    w = weights / weights.sum()
    x, y = _standardised(kept, w), _standardised(plausible, w)
    phi = float(w @ (x * y))
    if 1 - abs(phi) < 1e-12:
        return Estimate(round(phi), n=n)
    influence = x * y - phi * (x**2 + y**2) / 2
    half = Z95 * sqrt(stratified_variance(w * influence, strata)) / (1 - phi**2)
    return Estimate(phi, (tanh(atanh(phi) - half), tanh(atanh(phi) + half)), n)


def _standardised(flags: Flags, w: Floats) -> Floats:
    share = w @ flags
    return (flags - share) / sqrt(share * (1 - share))


def _mcc_undefined_because(kept: Flags, plausible: Flags) -> str:
    causes = {
        NO_JUDGMENTS: not len(kept),
        NOTHING_KEPT: not kept.any(),
        NOTHING_REJECTED: kept.all(),
        NOTHING_PLAUSIBLE: not plausible.any(),
        NOTHING_IMPLAUSIBLE: plausible.all(),
    }
    return next((reason for reason, holds in causes.items() if holds), "")
