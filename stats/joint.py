"""Plausibility and typicality together: an intention may be plausible and yet not typical."""

from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import NO_VARIANCE, t95
from stats.rates import NO_JUDGMENTS
from stats.sample import Sample, sample_of

Floats = NDArray[np.float64]

NO_ORDER_TO_COMPARE = "all judgments share a plausibility or a typicality"


@dataclass(frozen=True, slots=True)
class Joint:
    """`table` holds weighted shares (plausibility, typicality) that sum to 1, or is None.

    `atypical` is of all judgments, `atypical_of_plausible` of those that found the intention plausible.
    """

    table: list[list[float]] | None
    atypical: Estimate
    atypical_of_plausible: Estimate
    gamma: Estimate

    def as_dict(self) -> dict[str, object]:
        leaves = {name: getattr(self, name).as_dict() for name in ("atypical", "atypical_of_plausible", "gamma")}
        return {"table": self.table, **leaves}


def plausible_but_atypical(
    counts: ArrayLike,
    plausible_from: int,
    typical_from: int,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Joint:
    """From counts (rows, plausibilities, typicalities) of an item's annotators; row r stands for `items[r]` items.

    Options rise, and `plausible_from`, `typical_from` are the indices of the lowest that say yes. An item counts once,
    by the shares of its annotators; judgments without a typicality are left out. Intervals as in `hajek_rate`.
    """
    counts = np.asarray(counts, dtype=float)
    judged = counts.sum(axis=(1, 2)) > 0
    sample = sample_of(len(counts), weights, strata, items=items, clusters=clusters)
    shares = counts / np.maximum(counts.sum(axis=(1, 2)), 1)[:, np.newaxis, np.newaxis]
    plausible = shares[:, plausible_from:].sum(axis=(1, 2))
    atypical = shares[:, plausible_from:, :typical_from].sum(axis=(1, 2))
    return Joint(
        table=_table(shares, judged, sample),
        atypical=sample.ratio(atypical, judged, NO_JUDGMENTS),
        atypical_of_plausible=sample.ratio(atypical, plausible, "nobody found anything plausible"),
        gamma=_gamma(shares, judged, sample),
    )


def _table(shares: Floats, judged: NDArray[np.bool_], sample: Sample) -> list[list[float]] | None:
    total = sample.total(judged)
    return (np.tensordot(sample.items * sample.weights, shares, 1) / total).tolist() if total else None


def _gamma(shares: Floats, judged: NDArray[np.bool_], sample: Sample) -> Estimate:
    """γ = (S - D)/(S + D) of concordant and discordant pairs of judgments: Goodman and Kruskal 1954.

    Variance by the gradient 4(D·s_ij - S·d_ij)/(S + D)² of Goodman and Kruskal 1963, summed by item, on Fisher's scale.
    """
    n = sample.size(judged)
    table = _table(shares, judged, sample)
    if table is None:
        return undefined(NO_JUDGMENTS)
    p = np.array(table)
    concordant, discordant = _beyond(p) + _beyond(p[::-1, ::-1])[::-1, ::-1], _beyond(p[::-1])[::-1]
    discordant = discordant + _beyond(p[:, ::-1])[:, ::-1]
    s, d = (p * concordant).sum(), (p * discordant).sum()
    if s + d < 1e-12:
        return undefined(NO_ORDER_TO_COMPARE, n)
    gamma = float((s - d) / (s + d))
    gradient = 4 * (d * concordant - s * discordant) / (s + d) ** 2
    variance, df = sample.variance(sample.weights * np.tensordot(shares, gradient, 2) / sample.total(judged))
    if variance < NO_VARIANCE or 1 - abs(gamma) < 1e-12:
        return Estimate(gamma, n=n)
    half = float(t95(df)) * sqrt(variance) / (1 - gamma**2)
    return Estimate(gamma, (tanh(atanh(gamma) - half), tanh(atanh(gamma) + half)), n)


def _beyond(p: Floats) -> Floats:
    """For each cell the share of the judgments higher in both."""
    above = p[::-1, ::-1].cumsum(axis=0).cumsum(axis=1)[::-1, ::-1]
    return np.pad(above, ((0, 1), (0, 1)))[1:, 1:]
