"""Two models on the same questions: what changed, with co-buys as clusters, as their questions go together."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import Z95, t_interval
from stats.sample import coded, sample_of
from stats.sums import sums

Floats = NDArray[np.float64]

NO_QUESTIONS = "no question was answered by both"
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Matched:
    """`won`: wrong before, right after (b); `lost`: right before, wrong after (c).

    `difference` is after - before with co-buys as clusters; `p_value` is Obuchowski's; `p_exact` is McNemar's, which
    takes questions as independent. `design_effect`: how much wider clusters make the variance.
    """

    both: int
    lost: int
    won: int
    neither: int
    clusters: int
    difference: Estimate
    statistic: float | None
    p_value: float | None
    p_exact: float
    design_effect: float | None
    se: float | None

    @property
    def detectable(self) -> float | None:
        """The difference found with a probability of 0.8: (z.975 + z.8)·se, Cohen 1988, section 2.2."""
        return None if self.se is None else (Z95 + NormalDist().inv_cdf(POWER)) * self.se

    def power(self, gain: float) -> float | None:
        """With which probability a gain of this size would be told from 0: Φ(|gain|/se - z.975)."""
        return None if not self.se else NormalDist().cdf(abs(gain) / self.se - Z95)


def matched(before: ArrayLike, after: ArrayLike, clusters: ArrayLike) -> Matched:
    """Arguments (questions,): 1 right, 0 wrong; `clusters` name the co-buy of each question."""
    a, b = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    both, lost, won, neither = (int(np.sum((a == x) & (b == y))) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0)))
    difference, se = clustered_difference(a, b, clusters)
    statistic, p_value = obuchowski(b - a, clusters)
    naive = sqrt(won + lost - (won - lost) ** 2 / len(a)) / len(a) if len(a) else 0.0
    return Matched(
        both, lost, won, neither, len(np.unique(np.asarray(clusters))), difference, statistic, p_value,
        mcnemar_exact(won, lost), None if not (naive and se) else (se / naive) ** 2, se,
    )  # fmt: skip


def clustered_difference(before: Floats, after: Floats, clusters: ArrayLike) -> tuple[Estimate, float | None]:
    """The mean of after - before and its standard error: the linearised variance of Σd/Σm over clusters with
    G/(G - 1), Student's t with G - 1 (Särndal, Swensson and Wretman 1992, section 5.7)."""
    d = after - before
    if not len(d):
        return undefined(NO_QUESTIONS), None
    value = float(d.mean())
    variance, df = sample_of(len(d), clusters=clusters).variance((d - value) / len(d))
    return Estimate(value, t_interval(value, variance, df, -1, 1), len(d)), sqrt(variance) if variance > 0 else None


def mcnemar_exact(won: int, lost: int) -> float:
    """2·P(X ≤ min(b, c)), X binomial(b + c, 1/2), at most 1: McNemar 1947 in its exact form; in whole numbers."""
    n, least = won + lost, min(won, lost)
    return min(1.0, 2 * sum(comb(n, k) for k in range(least + 1)) / (1 << n))


def obuchowski(difference: ArrayLike, clusters: ArrayLike) -> tuple[float | None, float | None]:
    """(χ² with 1 degree of freedom, its p): (Σd)² / (G/(G - 1)·Σd²) over the sums d of clusters: Obuchowski 1998,
    McNemar's test for clustered pairs. None where no cluster changed, or there is one."""
    d = sums(coded(clusters), np.asarray(difference, dtype=float)) if len(np.asarray(difference)) else np.zeros(0)
    g = len(d)
    if g < 2 or not (d**2).sum() > 0:
        return None, None
    statistic = float(d.sum() ** 2 / (g / (g - 1) * (d**2).sum()))
    return statistic, erfc(sqrt(statistic / 2))


def across_trainings(differences: Sequence[ArrayLike], clusters: ArrayLike) -> Estimate:
    """The mean difference of three or more trainings (trainings, questions): for the method, not for one adapter.

    V = V_clusters(mean over trainings) + S²/k, S² the variance of the trainings' means: their interaction counts
    twice, so it is a little too wide (Searle, Casella and McCulloch 1992, section 4.3, two crossed factors);
    degrees of freedom by Satterthwaite 1946.
    """
    d = np.asarray(differences, dtype=float)
    k = len(d)
    if k < 3 or not d.shape[1]:
        return undefined("three trainings or more are needed to say something of the method", d.shape[-1] if k else 0)
    mean = d.mean(axis=0)
    value = float(mean.mean())
    asked, df = sample_of(len(mean), clusters=clusters).variance((mean - value) / len(mean))
    trained = float(d.mean(axis=1).var(ddof=1)) / k
    total = asked + trained
    freedom = total**2 / (asked**2 / df + trained**2 / (k - 1)) if total > 0 else np.inf
    return Estimate(value, t_interval(value, total, freedom, -1, 1), len(mean))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted: the k-th smallest of m times m - k + 1, never under the one before, at most 1: Holm 1979."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    found: list[float] = adjusted.tolist()
    return found
