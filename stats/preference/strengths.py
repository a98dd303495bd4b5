"""Strengths of several runs and what tells left from right, of people and co-buys drawn from more."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.crossed import Crossed, crossed
from stats.estimate import Estimate, undefined
from stats.intervals import NO_VARIANCE, Z95, score_interval, t95, t_interval
from stats.preference.davidson import NOTHING, Compared, Davidson, davidson

Floats = NDArray[np.float64]

ONE_COBUY = "one co-buy says nothing of others like it"
OF_ONE = "of this one annotator: with one, nothing is known of others"
SAME_LENGTH = "all texts are of the same length"


@dataclass(frozen=True, slots=True)
class Strengths:
    """`strengths` are of log p with sum 0, by run; `position` is log δ of the left side."""

    strengths: list[Estimate]
    tie: Estimate
    position: Estimate


@dataclass(frozen=True, slots=True)
class Clusters:
    """Who judged what, (judgments,)."""

    crossed: Crossed

    @property
    def reason(self) -> str:
        return ONE_COBUY if len(self.crossed.item) and not self.crossed.item.any() else ""

    @property
    def note(self) -> str:
        return OF_ONE if self._one_annotator else ""

    def variance(self, u: Floats) -> tuple[float, float]:
        """Of Σu and its degrees of freedom, by Satterthwaite 1946: co-buys, and what annotators add to their judgments.

        As V_cobuy + V_annotator - V_both of Cameron, Gelbach and Miller 2011, but never less than V_cobuy. With one
        annotator by co-buy alone. Taking the larger one-way variance covers 98 % here; see `benchmarks preference`.
        """
        cobuy, annotator, judgment = self.crossed.ways(u)
        added = 0.0 if self._one_annotator else max(0.0, annotator - judgment)
        spread = cobuy**2 / max(1, self.crossed.item.max()) + added**2 / max(1, self.crossed.annotator.max())
        return cobuy + added, (cobuy + added) ** 2 / spread if spread else 1.0

    def rate_interval(self, rate: float, u: Floats) -> tuple[float, float]:
        """Wilson's at the effective size; where nothing varies, at the number of co-buys."""
        variance, df = self.variance(u)
        varies = variance > NO_VARIANCE
        n = rate * (1 - rate) / variance if varies else self.crossed.item.max() + 1
        low, high = score_interval(rate, n, t95(df) if varies else Z95)
        return float(low), float(high)

    @property
    def _one_annotator(self) -> bool:
        return not self.crossed.annotator.any()


def clusters(cobuys: ArrayLike, annotators: ArrayLike) -> Clusters:
    return Clusters(crossed(cobuys, annotators))


def bradley_terry(data: Compared, runs: int, by: Clusters) -> Strengths:
    """Davidson 1970 without and with a position (Davidson and Beaver 1977, δ in the tie's term too).

    Intervals are of the sandwich clustered by co-buy and annotator, with Student's t; their coverage is in
    `benchmarks preference`.
    """
    n = len(data.left)
    plain = _fitted(data, runs, by)
    if isinstance(plain, str):
        return Strengths([undefined(plain, n)] * runs, undefined(plain, n), undefined(plain, n))
    found = [_of_influence(value, plain.influence[:, i], by) for i, value in enumerate(plain.strengths)]
    tie = undefined("no ties", n) if plain.log_nu is None else _of_influence(plain.log_nu, plain.influence[:, runs], by)
    return Strengths(found, tie, _position(data, runs, by))


def _position(data: Compared, runs: int, by: Clusters) -> Estimate:
    moved = davidson(Compared(data.left, data.right, data.outcome, np.ones((len(data.left), 1)), data.weights), runs)
    if isinstance(moved, str):
        return undefined(moved, len(data.left))
    return _of_influence(float(moved.slopes[0]), moved.influence[:, -1], by)


def length_adjusted(data: Compared, log_ratio: ArrayLike, by: Clusters) -> Estimate:
    """Of two runs, the win rate of the first at equal length, ties as halves, with the log of the lengths' ratio as
    covariate of the left one (as the length-controlled rate of Dubois et al. 2024, with ties).

    With s = log p_0 - log p_1: (e^s + ν·e^(s/2)/2) / (e^s + 1 + ν·e^(s/2)); the delta method, with Wilson's interval at
    the effective size.
    """
    ratio = np.asarray(log_ratio, dtype=float)
    if len(ratio) and not np.ptp(np.where(data.left == 0, ratio, -ratio)) and not ratio.any():
        return undefined(SAME_LENGTH, len(ratio))
    fit = _fitted(Compared(data.left, data.right, data.outcome, ratio[:, np.newaxis], data.weights), 2, by)
    if isinstance(fit, str):
        return undefined(fit, len(ratio))
    half, nu = float(fit.strengths[0] - fit.strengths[1]) / 2, 0.0 if fit.log_nu is None else float(np.exp(fit.log_nu))
    up, down = np.exp(half), np.exp(-half)
    total = up + down + nu
    rate = float((up + nu / 2) / total)
    by_half = (up * total - (up + nu / 2) * (up - down)) / total**2
    by_log_nu = nu * (total / 2 - (up + nu / 2)) / total**2
    u = by_half * (fit.influence[:, 0] - fit.influence[:, 1]) / 2 + by_log_nu * fit.influence[:, 2]
    return Estimate(rate, by.rate_interval(rate, u), len(ratio), note=by.note)


def _fitted(data: Compared, runs: int, by: Clusters) -> Davidson | str:
    if not len(data.left):
        return NOTHING
    return by.reason or davidson(data, runs)


def _of_influence(value: float, influence: Floats, by: Clusters) -> Estimate:
    variance, df = by.variance(influence)
    return Estimate(float(value), t_interval(float(value), variance, df), len(influence), note=by.note)
