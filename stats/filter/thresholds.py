"""The filter at every threshold of p_yes, from sums over thousandths: only the first sum takes time with the items."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.filter.quality import NOTHING_PLAUSIBLE
from stats.intervals import says_the_same, score_bounds, share_interval, t95
from stats.rates import NO_JUDGMENTS
from stats.sample import Sample, combined_variance, sample_of
from stats.sums import sums
from stats.survey.run import COUNTED

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

GRID = np.arange(1001) / 1000
# A precision from fewer kept items says more of chance than of the filter.
FEWEST_KEPT = 20
TOO_FEW_KEPT = f"fewer than {FEWEST_KEPT} judged items are kept"
FIGURES = ("kept_share", "precision", "recall", "f1", "accuracy")


@dataclass(frozen=True, slots=True)
class Band:
    """A figure at each threshold with its 95 % bounds and the items behind it; NaN where undefined."""

    value: Floats
    low: Floats
    high: Floats
    n: Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """The filter at the thresholds 0, 0.001, … 1 (arrays of 1,001); kept is p_yes at or over the threshold."""

    threshold: Floats
    kept: Floats
    kept_share: Band
    precision: Band
    recall: Band
    f1: Band
    accuracy: Band

    def at(self, threshold: float) -> dict[str, Estimate]:
        reasons = dict.fromkeys(FIGURES, NOTHING_PLAUSIBLE if self.kept[0] else NO_JUDGMENTS)
        reasons["precision"] = TOO_FEW_KEPT if self.kept[0] else NO_JUDGMENTS
        return {name: _estimate(getattr(self, name), round(threshold * 1000), reasons[name]) for name in FIGURES}

    def counting(self, kept: NDArray[np.int64]) -> "Curve":
        """With the kept share as it is over the run, of which each threshold keeps so many; it needs no interval."""
        none = np.full(len(GRID), np.nan)
        return replace(self, kept_share=Band(kept / kept[0], none, none, np.full(len(GRID), float(kept[0]))))

    def changes(self) -> NDArray[np.int64]:
        """Indices of the thresholds that keep fewer items than the one before, and of the first."""
        return np.flatnonzero(np.r_[True, np.diff(self.kept) != 0])

    def rows(self) -> Iterator[dict[str, object]]:
        """A JSON-ready row for each threshold that changes something."""
        for k in self.changes():
            leaves = {name: figure.as_dict() for name, figure in self.at(GRID[k]).items()}
            yield {"threshold": float(GRID[k]), "kept": round(float(self.kept[k])), **leaves}


@dataclass(frozen=True, slots=True)
class Sums:
    """Items, Σw and Σw² of some items, as arrays (strata, thresholds), or (strata, 1) for no threshold."""

    items: Floats
    weight: Floats
    square: Floats

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.items + other.items, self.weight + other.weight, self.square + other.square)

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(self.items - other.items, self.weight - other.weight, self.square - other.square)

    def all(self) -> "Sums":
        """Those over the lowest threshold."""
        return Sums(self.items[:, :1], self.weight[:, :1], self.square[:, :1])


def threshold_curve(
    p_yes: ArrayLike,
    plausible: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
) -> Curve:
    """Kept share, precision, recall, F1, accuracy at each thousandth; arguments (rows,), of `items[r]` items each.

    Every figure is a ratio of weighted totals with the linearised variance of a stratified sample and the interval of
    `hajek_rate`; at one threshold they equal `confusion`. The band is pointwise: it holds for each threshold alone. A
    verdict without a probability counts as 1 or 0.
    """
    p_yes, truth = np.asarray(p_yes, dtype=float), np.asarray(plausible, dtype=bool)
    sample = sample_of(len(p_yes), weights, strata, items=items)
    size = sums(sample.stratum, sample.items)
    hits, misses = _sums(p_yes, truth, sample), _sums(p_yes, ~truth, sample)
    kept, everything = hits + misses, hits.all() + misses.all()
    precision = _band(hits, kept, size)
    enough = np.where(precision.n >= FEWEST_KEPT, 1.0, np.nan)
    return Curve(
        threshold=GRID,
        kept=precision.n,
        kept_share=_band(kept, everything, size),
        precision=Band(precision.value * enough, precision.low * enough, precision.high * enough, precision.n),
        recall=_band(hits, hits.all(), size),
        f1=_f1(_band(hits, hits.all() + misses, size)),
        accuracy=_band(hits + misses.all() - misses, everything, size),
    )


def _sums(p_yes: Floats, among: Bools, sample: Sample) -> Sums:
    """Over each threshold, of the rows among."""
    strata = sample.stratum.max(initial=0) + 1
    cell = sample.stratum[among] * len(GRID) + thousandth(p_yes[among])
    items, weights = sample.items[among], sample.weights[among]
    at = [sums(cell, items * weights**power, strata * len(GRID)).reshape(strata, -1) for power in range(3)]
    return Sums(*(each[:, ::-1].cumsum(axis=1)[:, ::-1] for each in at))


def thousandth(p_yes: Floats) -> NDArray[np.int64]:
    """The highest threshold of the grid that keeps an item."""
    if not ((p_yes >= 0) & (p_yes <= 1)).all():
        raise ValueError("p_yes must lie between 0 and 1; a verdict without it counts as 1 or 0")
    return np.searchsorted(GRID, p_yes, side="right") - 1


def _band(hits: Sums, among: Sums, size: Floats) -> Band:
    """Σ w·hits / Σ w·among with hits within among: Σ u² and Σ u of u = w(hit - R)/Σw need no pass over items."""
    y, x = hits.weight, among.weight
    n = np.broadcast_to(among.items.sum(axis=0), len(GRID))
    total = np.where(n > 0.5, x.sum(axis=0), np.nan)
    share = np.clip(y.sum(axis=0) / total, 0, 1)
    sum_u = (y - share * x) / total
    sum_uu = ((1 - 2 * share) * hits.square + share**2 * among.square) / total**2
    several = (size > 1)[:, np.newaxis]
    squares = np.where(several, sum_uu - sum_u**2 / np.maximum(size, 1)[:, np.newaxis], sum_uu)
    variance, df = combined_variance(np.maximum(squares, 0), size, among.items)
    kish = total**2 / among.square.sum(axis=0)
    low, high = share_interval(share, variance, df, kish)
    everywhere = (among.items > size[:, np.newaxis] - 0.5).all(axis=0) & (len(size) > 1)
    rate = y / np.where(x > 0, x, 1)
    some = np.broadcast_to(everywhere, len(GRID)) & says_the_same(rate) & (x > 0).all(axis=0)
    if some.any():
        weight, rate = (np.broadcast_to(each, y.shape)[:, some] for each in (x / total, rate))
        kish, t = np.broadcast_to(kish, share.shape)[some], t95(max(1.0, size.sum() - np.count_nonzero(size)))
        low[some], high[some] = score_bounds(rate, size[:, np.newaxis], weight, variance=variance[some], kish=kish, t=t)
    return Band(share, low, high, n)


def _f1(jaccard: Band) -> Band:
    """F1 = 2J/(1+J), which rises with J, so its bounds carry over: van Rijsbergen 1979, chapter 7."""
    value, low, high = (2 * j / (1 + j) for j in (jaccard.value, jaccard.low, jaccard.high))
    return Band(value, low, high, jaccard.n)


def _estimate(band: Band, k: int, reason: str) -> Estimate:
    n = round(float(band.n[k]))
    if np.isnan(band.value[k]):
        return undefined(reason, n)
    if np.isnan(band.low[k]):
        return Estimate(float(band.value[k]), n=n, note=COUNTED)
    return Estimate(float(band.value[k]), (float(band.low[k]), float(band.high[k])), n)
