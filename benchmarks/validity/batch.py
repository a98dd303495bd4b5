"""The assisted figures of many samples at once: what `stats.survey` says of one, for (replications, items)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.intervals import NO_VARIANCE, says_the_same, score_bounds, share_interval, t95
from stats.survey.assisted import ITEMS_PER_SLOPE, NARROWER
from stats.survey.recall import recall_bounds
from stats.survey.regression import DF_PER_RARE_ITEM, SINGULAR

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Design:
    """The same of all replications: each item's stratum and weight (items,). `inside` is the domain of each."""

    stratum: NDArray[np.int64]
    weights: Floats
    inside: NDArray[np.bool_]

    @property
    def size(self) -> Floats:
        return self.sum(self.inside)

    @property
    def freedom(self) -> Floats:
        return self.size.sum(axis=1) - (self.size > 0).sum(axis=1)

    def variance(self, u: Floats, informing: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        size = self.size
        several = size > 1
        mean = np.where(several, self.sum(u) / np.maximum(size, 1), 0)
        squares = self.sum(((u - mean[:, self.stratum]) * self.inside) ** 2)
        by_stratum = squares * size / np.maximum(size - 1, 1)
        spread = (by_stratum**2 / np.maximum(self.sum(informing) - 1, 1)).sum(axis=1)
        variance = by_stratum.sum(axis=1)
        return variance, np.where(spread > 0, variance**2 / np.where(spread > 0, spread, 1), np.inf)

    def kish(self, share: Floats) -> Floats:
        return 1 / (share**2).sum(axis=1)

    def sum(self, values: NDArray) -> Floats:
        """By stratum: (replications, strata)."""
        return np.stack([values[:, self.stratum == h].sum(axis=1) for h in range(self.stratum.max() + 1)], axis=1)


@dataclass(frozen=True, slots=True)
class Shares:
    """(replications,); NaN where undefined."""

    value: Floats
    low: Floats
    high: Floats

    def covers(self, truth: float) -> float:
        """Of the replications where it is defined."""
        defined = ~np.isnan(self.value)
        return float(((self.low <= truth) & (truth <= self.high))[defined].mean())

    def width(self) -> float:
        return float(np.nanmean(self.high - self.low))

    def where_narrower(self, alone: "Shares") -> "Shares":
        return self.where(self.high - self.low < (alone.high - alone.low) * NARROWER, alone)

    def where(self, helps: NDArray[np.bool_], alone: "Shares") -> "Shares":
        """Else what the design says alone."""
        mine, other = (self.value, self.low, self.high), (alone.value, alone.low, alone.high)
        return Shares(*(np.where(helps, a, b) for a, b in zip(mine, other, strict=True)))


def design_share(y: Floats, x: Floats, design: Design) -> Shares:
    w = design.weights * design.inside
    total = (w * x).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.minimum((w * y).sum(axis=1, keepdims=True) / total, 1)
        variance, df = design.variance(w * (y - share * x) / total, (x > 0) & design.inside)
        wilson = share_interval(share[:, 0], variance, df, design.kish(w * x / total))
        return Shares(share[:, 0], *_by_strata(y, x, design, wilson, share[:, 0], variance=variance, df=design.freedom))


def assisted_share(y: Floats, x: Floats, known: Floats, totals: Floats, design: Design) -> Shares:
    """`known` (replications, items, k) are the auxiliaries, `totals` (k,) those of the run."""
    w = design.weights * design.inside
    inverse, slopes = _inverse(np.einsum("ri,rik,ril->rkl", w, known, known, optimize=True))
    g = 1 + np.einsum("rik,rkl,rl->ri", known, inverse, totals - np.einsum("ri,rik->rk", w, known), optimize=True)
    top, bottom = (g * w * y).sum(axis=1, keepdims=True), (g * w * x).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        of = y - top / bottom * x
        fitted = np.einsum("rik,rkl,rl->ri", known, inverse, np.einsum("ri,rik->rk", w * of, known), optimize=True)
        variance, df = design.variance(g * w * (of - fitted) / bottom, design.inside)
        cost = design.freedom / np.maximum(design.freedom - slopes, 1)
        variance *= cost
        free_of = np.where(variance < _alone(y, x, design) / 2, DF_PER_RARE_ITEM * _rarer(y, x, design.inside), np.inf)
        share = np.clip(top / bottom, 0, 1)[:, 0]
        variance = np.where(share * (1 - share) <= NO_VARIANCE, 0, variance)
        kish = design.kish(w * x / (w * x).sum(axis=1, keepdims=True))
        wilson = share_interval(share, variance, np.maximum(1, np.minimum(df, free_of) - slopes), kish)
        most = np.minimum(design.freedom, free_of) - slopes
        low, high = _by_strata(y, x, design, wilson, share, variance=variance, df=most)
    # Rounded, as in `stats.survey.assisted`.
    effective = np.round(design.kish(w / np.maximum(w.sum(axis=1, keepdims=True), NO_VARIANCE)), 6)
    helps = (slopes > 0) & (effective >= ITEMS_PER_SLOPE * (slopes + 1)) & (bottom[:, 0] > 0)
    varies = _alone(y, x, design)
    helps &= (varies > NO_VARIANCE) & (_left_over(y, x, known, design, inverse) * cost < varies * NARROWER)
    return Shares(share, low, high).where(helps, design_share(y, x, design))


def assisted_recall(kept_share: float, precision: Shares, rejected: Shares, alone: Shares) -> Shares:
    """Of a part of which nothing was judged nothing is known."""
    parts = [
        tuple(np.where(np.isnan(each.value), other, column) for column, other in zip(columns, (0, 0, 1), strict=True))
        for each in (precision, rejected)
        for columns in [(each.value, each.low, each.high)]
    ]
    return Shares(*recall_bounds(kept_share, *parts)).where_narrower(alone)


def _by_strata(
    y: Floats, x: Floats, design: Design, wilson: Bounds, share: Floats, *, variance: Floats, df: Floats
) -> Bounds:
    """Wilson's bounds, and in replications where a stratum hides its variance those of `Sample.share_bounds`."""
    if design.size.shape[1] == 1:
        return wilson
    w = design.weights * design.inside
    size, weight = design.size.T, design.sum(w).T / w.sum(axis=1)
    rate = np.where(size > 0, design.sum(y * design.inside).T / np.maximum(size, 1), 0.5)
    some = says_the_same(rate) & (np.where(design.inside, x, 1) == 1).all(axis=1)
    rate, weight, size = rate[:, some], weight[:, some], size[:, some]
    kish, t = design.kish(w / w.sum(axis=1, keepdims=True))[some], t95(df[some])
    aside = share[some] - (weight * rate).sum(axis=0)
    for bounds, by_strata in zip(
        wilson, score_bounds(rate, size, weight, variance=variance[some], kish=kish, t=t), strict=True
    ):
        bounds[some] = np.clip(by_strata + aside, 0, 1)
    return wilson


def _alone(y: Floats, x: Floats, design: Design) -> Floats:
    w = design.weights * design.inside
    total = (w * x).sum(axis=1, keepdims=True)
    share = np.minimum((w * y).sum(axis=1, keepdims=True) / total, 1)
    return design.variance(w * (y - share * x) / total, design.inside)[0]


def _left_over(y: Floats, x: Floats, known: Floats, design: Design, inverse: Floats) -> Floats:
    """Of the variance of `_alone` by the auxiliaries."""
    w = design.weights * design.inside
    with np.errstate(invalid="ignore", divide="ignore"):
        total = (w * x).sum(axis=1, keepdims=True)
        of = y - np.minimum((w * y).sum(axis=1, keepdims=True) / total, 1) * x
        fitted = np.einsum("rik,rkl,rl->ri", known, inverse, np.einsum("ri,rik->rk", w * of, known), optimize=True)
        return design.variance(w * (of - fitted) / total, design.inside)[0]


def _rarer(y: Floats, x: Floats, inside: NDArray[np.bool_]) -> Floats:
    of = np.where((np.ptp(np.where(inside, x, 1), axis=1) > 0)[:, np.newaxis], x, y)
    yes = (of * inside).sum(axis=1)
    return np.minimum(yes, inside.sum(axis=1) - yes)


def _inverse(information: Floats) -> tuple[Floats, Floats]:
    values, vectors = np.linalg.eigh(information)
    told = values > SINGULAR * values.max(axis=1, keepdims=True)
    reciprocal = np.where(told, 1 / np.where(told, values, 1), 0)
    return np.einsum("rik,rk,rjk->rij", vectors, reciprocal, vectors, optimize=True), told.sum(axis=1) - 1
