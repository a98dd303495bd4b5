"""How rows stand for a run: what each weighs, how many items it is, and by what design they were drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import says_the_same, score_bounds, share_interval, t95, t_interval
from stats.sums import sums

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Row r stands for `items[r]` items of one stratum, each of which stands for `weights[r]` items of the run.

    `unit`, where given, is the cluster of a row and `unit_stratum` the stratum of each cluster: one for all of them
    where a cluster reaches into several.
    """

    weights: Floats
    items: Floats
    stratum: Codes
    unit: Codes | None = None
    unit_stratum: Codes | None = None

    def total(self, values: ArrayLike) -> float:
        return float(self.items * self.weights @ np.asarray(values, dtype=float))

    def variance(self, u: Floats, domain: NDArray[np.bool_] | None = None) -> tuple[float, float]:
        """Of the sum of u over items, and its degrees of freedom.

        Σ_h m_h/(m_h-1) Σ_k (u_k - ū_h)² over the m_h sampling units of each stratum: Särndal, Swensson and Wretman
        1992, section 5.7; degrees of freedom by Satterthwaite 1946 from the units that reach into the `domain`. Without
        the correction for a finite population: a run is itself a sample of what the model would say. A stratum of one
        unit is compared with the mean of u, 0. Clusters that reach into several strata count with the sum of what their
        items differ from their strata, so what a co-buy's relations share is kept, and what the strata explain is not.
        """
        items, stratum = self.items, self.stratum
        within = np.ones(len(u)) if domain is None else domain.astype(float)
        if self.unit is not None and self.unit_stratum is not None:
            across = stratum.any() and not self.unit_stratum.any()
            if across:
                u = _around_means(u, items, stratum)
            u, stratum = sums(self.unit, items * u), self.unit_stratum
            within = (sums(self.unit, items * within) > 0).astype(float)
            items = np.ones(len(u))
        squares = sums(stratum, items * _around_means(u, items, stratum) ** 2)
        variance, df = combined_variance(squares, sums(stratum, items), sums(stratum, items * within))
        return float(variance), float(df)

    @property
    def freedom(self) -> float:
        """Sampling units less strata."""
        if self.unit is not None and self.unit_stratum is not None:
            return float(len(self.unit_stratum) - len(np.unique(self.unit_stratum)))
        return float(self.items.sum() - np.count_nonzero(np.bincount(self.stratum, self.items)))

    def shares(self) -> Floats:
        """Items times weights, scaled so that they sum to the number of items."""
        weights = self.items * self.weights
        shares: Floats = weights * (self.items.sum() / weights.sum())
        return shares

    def interval(self, value: float, influence: Floats, low: float, high: float) -> tuple[float, float] | None:
        """Of a value that an item moves by its weighted influence/n: the delta method, with Student's t."""
        u = self.weights * influence / self.total(np.ones(len(self.items)))
        return t_interval(value, *self.variance(u), low, high)

    def where(self, rows: NDArray[np.bool_]) -> "Sample":
        return sample_of(
            int(rows.sum()),
            self.weights[rows],
            self.stratum[rows],
            items=self.items[rows],
            clusters=None if self.unit is None else self.unit[rows],
        )

    def kish(self, share: Floats) -> float:
        """1/Σu² over sampling units: the effective size of shares that sum to 1, Kish 1965, section 11.7."""
        if self.unit is None:
            return float(1 / (self.items @ share**2))
        return float(1 / (sums(self.unit, self.items * share) ** 2).sum())

    def ratio(self, numerator: ArrayLike, denominator: ArrayLike, reason: str) -> Estimate:
        """Σ w·numerator / Σ w·denominator, a share: its linearised variance is that of the sum of w(y - Rx)/Σwx.

        Rows with denominator 0 are outside the domain but still count for the variance (section 10.3).
        """
        y, x = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
        total = self.total(x)
        if not total > 0:
            return undefined(reason)
        share = min(1.0, self.total(y) / total)
        variance, df = self.variance(self.weights * (y - share * x) / total, x > 0)
        return Estimate(share, self.share_bounds(y, x, share, variance=variance, df=df), self.size(x > 0))

    def share_bounds(
        self, y: Floats, x: Floats, share: float, *, variance: float, df: float, most: float = np.inf, slopes: int = 0
    ) -> tuple[float, float]:
        """Of an estimate of Σ w·y / Σ w·x: Wilson's interval, or by strata where one that is asked hides its variance.

        Degrees of freedom are at `most` so many, and `slopes` fewer.
        """
        among = self.items * self.weights * x
        total, kish = among.sum(), self.kish(self.weights * x / among.sum())
        by_stratum = sums(self.stratum, among)
        hides = len(by_stratum) > 1 and np.ptp(x) == 0 and by_stratum.all()
        rate = sums(self.stratum, among * y / x[0]) / by_stratum if hides else np.full(1, 0.5)
        if not says_the_same(rate):
            low, high = share_interval(share, variance, max(1.0, min(df, most) - slopes), kish)
            return float(low), float(high)
        weight, t = by_stratum / total, t95(max(1.0, min(self.freedom, most) - slopes))
        low, high = score_bounds(rate, sums(self.stratum, self.items), weight, variance=variance, kish=kish, t=t)
        # An estimate that knows more than the strata lies elsewhere: what lies below and above it is as long.
        aside = share - float(weight @ rate)
        return max(0.0, float(low) + aside), min(1.0, float(high) + aside)

    def mean(self, values: ArrayLike, reason: str, low: float = -np.inf, high: float = np.inf) -> Estimate:
        """Σ w·y / Σ w of values that are no shares, such as differences."""
        y, total = np.asarray(values, dtype=float), self.total(np.ones(len(self.items)))
        if not total > 0:
            return undefined(reason)
        mean = self.total(y) / total
        interval = t_interval(mean, *self.variance(self.weights * (y - mean) / total), low, high)
        return Estimate(mean, interval, self.size())

    def size(self, within: NDArray[np.bool_] | bool = True) -> int:
        return round(float((self.items * within).sum()))


def sample_of(
    rows: int,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Sample:
    """Weights, items: one each unless given."""
    stratum = np.zeros(rows, dtype=np.int64) if strata is None else coded(strata)
    sample = Sample(numbers(weights, rows), numbers(items, rows), stratum)
    if clusters is None:
        return sample
    unit = coded(clusters)
    unit_stratum = np.zeros(unit.max(initial=-1) + 1, dtype=np.int64)
    unit_stratum[unit] = stratum
    nested = (unit_stratum[unit] == stratum).all()
    return Sample(sample.weights, sample.items, stratum, unit, unit_stratum if nested else np.zeros_like(unit_stratum))


def _around_means(u: Floats, items: Floats, stratum: Codes) -> Floats:
    size = sums(stratum, items)
    mean = np.where(size > 1, sums(stratum, items * u) / np.maximum(size, 1), 0)
    around: Floats = u - mean[stratum]
    return around


def combined_variance(squares: Floats, size: Floats, informing: Floats) -> tuple[Floats, Floats]:
    """Variance and degrees of freedom of strata (axis 0) with such squares around their mean and so many units.

    Degrees of freedom come from the units `informing` the figure: those outside its domain say nothing of its spread.
    """
    by_stratum = (squares.T * size / np.maximum(size - 1, 1)).T
    variance = by_stratum.sum(axis=0)
    spread = (by_stratum**2 / np.maximum(informing - 1, 1)).sum(axis=0)
    varies = spread > 0
    return variance, np.where(varies, variance**2 / np.where(varies, spread, 1), np.inf)[()]


def numbers(values: ArrayLike | None, rows: int) -> Floats:
    return np.ones(rows) if values is None else np.asarray(values, dtype=float)


def coded(names: ArrayLike) -> Codes:
    """0, 1, ... in the order of the names; what is that already is not sorted again."""
    names = np.asarray(names)
    if names.dtype.kind == "i" and len(names) and _are_codes(names):
        return names.astype(np.int64)
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _are_codes(numbers: Codes) -> bool:
    return numbers.min() == 0 and numbers.max() < len(numbers) and bool(np.bincount(numbers).all())
