"""Shares of many groups side by side, such as relations: which of them differ by more than chance.

Each group comes with the interval of its own share; from that follows the effective number of items behind it, whatever
the design. Groups are taken as independent of each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, lgamma, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import Z95, score_interval

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FALSE_DISCOVERIES = 0.05
FEWEST_POOLED = 4
TOO_FEW_GROUPS = "fewer than two groups have judgments"


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Are the groups alike? `i2` is the share of the variation between them that chance doesn't explain."""

    q: float
    df: int
    p_value: float
    i2: float

    def as_dict(self) -> dict[str, float]:
        return {"q": self.q, "df": self.df, "p_value": self.p_value, "i2": self.i2}


@dataclass(frozen=True, slots=True)
class Groups:
    """Per group, in the order given: `pooled` is drawn towards all, `simultaneous` intervals hold all at once.

    `p_value` is of its difference from the overall share and `differs` marks those with a false discovery rate of 5 %;
    `effective` items are behind each, and `overall` is weighted by them. Groups without a value stay without.
    """

    overall: Estimate
    heterogeneity: Heterogeneity | None
    raw: list[Estimate]
    pooled: list[Estimate]
    simultaneous: list[Estimate]
    p_value: list[float | None]
    differs: list[bool]
    effective: list[float]

    def funnel(self, n: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
        """Where groups of n effective items lie by chance alone: Spiegelhalter 2005. Usual are 0.95 and 0.998."""
        p, n = self.overall.value or 0.0, np.asarray(n, dtype=float)
        half = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(p * (1 - p) / n)
        return np.maximum(p - half, 0), np.minimum(p + half, 1)


def side_by_side(rates: Sequence[Estimate]) -> Groups:
    """Of shares with Wilson's intervals at an effective size, as all of `Sample.ratio` and `grouped_ratios` are.

    Q = Σ n(p - P)²/PQ, χ² with groups - 1 degrees of freedom (Cochran 1954), I² of Higgins and Thompson 2002; variance
    between groups τ² by DerSimonian and Laird 1986, and empirical Bayes estimates from that (Morris 1983).
    Simultaneous intervals by Šidák 1967; marks by Benjamini and Hochberg 1995.
    """
    n = np.array([effective_size(rate) for rate in rates])
    share = np.array([rate.value if rate.value is not None else np.nan for rate in rates])
    has = n > 0
    if has.sum() < 2 or not 0 < (overall := float(n[has] @ share[has] / n[has].sum())) < 1:
        return _alone(rates, n, has)
    spread, groups, total = overall * (1 - overall), int(has.sum()), float(n.sum())
    q = float((n[has] * (share[has] - overall) ** 2).sum() / spread)
    between = max(0.0, (q - groups + 1) * spread / (total - (n**2).sum() / total))
    p_values = [_p_value(p, overall, size, total) if size else None for p, size in zip(share, n, strict=True)]
    z = NormalDist().inv_cdf((1 + 0.95 ** (1 / groups)) / 2)
    return Groups(
        overall=_at(overall, total, sum(rate.n for rate in rates)),
        heterogeneity=Heterogeneity(
            q, groups - 1, chi2_tail(q, groups - 1), max(0.0, 1 - (groups - 1) / q) if q else 0.0
        ),
        raw=list(rates),
        pooled=[_pooled(rate, size, overall, between, groups) for rate, size in zip(rates, n, strict=True)],
        simultaneous=[
            _at(rate.value or 0.0, size, rate.n, z) if size else rate for rate, size in zip(rates, n, strict=True)
        ],
        p_value=p_values,
        differs=marks([1.0 if p is None else p for p in p_values]),
        effective=n.tolist(),
    )


def _heterogeneity(q: float, df: int) -> Heterogeneity:
    return Heterogeneity(q, df, chi2_tail(q, df), max(0.0, 1 - df / q) if q else 0.0)


def effective_size(rate: Estimate) -> float:
    """n of which Wilson's interval has this width: z²/n = x solves (h² - ¼)x² + (2h² - pq)x + h² = 0; 0 without one."""
    if rate.value is None or rate.ci95 is None:
        return 0.0
    h2, pq = ((rate.ci95[1] - rate.ci95[0]) / 2) ** 2, rate.value * (1 - rate.value)
    a, b = h2 - 0.25, 2 * h2 - pq
    x = (-b - sqrt(max(b * b - 4 * a * h2, 0.0))) / (2 * a)
    return Z95**2 / x if x > 0 else 0.0


def marks(p_values: Sequence[float], rate: float = FALSE_DISCOVERIES) -> list[bool]:
    """Benjamini and Hochberg 1995: all up to the largest k with p_(k) ≤ rate·k/m."""
    p, m = np.asarray(p_values, dtype=float), len(p_values)
    order = np.argsort(p)
    below = np.flatnonzero(p[order] <= rate * np.arange(1, m + 1) / max(m, 1))
    marked: list[bool] = (p <= (p[order][below[-1]] if len(below) else -1)).tolist()
    return marked


def chi2_tail(x: float, df: int) -> float:
    """P(χ²_df > x) by the recurrence Q(a + 1, y) = Q(a, y) + y^a e^-y/Γ(a + 1): Abramowitz and Stegun 1964, 26.4.8."""
    if x <= 0:
        return 1.0
    a, tail = (0.5, erfc(sqrt(x / 2))) if df % 2 else (1.0, exp(-x / 2))
    while a < df / 2 - 0.25:
        tail += exp(a * log(x / 2) - x / 2 - lgamma(a + 1))
        a += 1
    return min(1.0, tail)


def _p_value(p: float, overall: float, n: float, total: float) -> float:
    """Two-sided; the overall share holds the group itself, so it varies by 1/n - 1/N."""
    variance = overall * (1 - overall) * (1 / n - 1 / total)
    return erfc(abs(p - overall) / sqrt(2 * variance)) if variance > 0 else 1.0


def _pooled(rate: Estimate, n: float, overall: float, between: float, groups: int) -> Estimate:
    """(1 - B)p + BP with B = (k - 3)/(k - 1) · V/(V + τ²) of k groups and V = PQ/n.

    Its variance is V(1 - B(k - 1)/k) + 2(B(p - P))²/(k - 3): Morris 1983. That τ² is estimated pools less and widens;
    fewer than four groups are not pooled.
    """
    if groups < FEWEST_POOLED or not n or rate.value is None:
        return rate
    v = overall * (1 - overall) / n
    b = (groups - 3) / (groups - 1) * v / (v + between)
    share = (1 - b) * rate.value + b * overall
    variance = v * (1 - b * (groups - 1) / groups) + 2 * (b * (rate.value - overall)) ** 2 / (groups - 3)
    return _at(share, share * (1 - share) / variance, rate.n)


def _widened(rate: Estimate, size: float, z: float) -> Estimate:
    return rate if rate.value is None or not size else _at(rate.value, size, rate.n, z)


def _at(share: float, size: float, n: int, z: float = Z95) -> Estimate:
    low, high = score_interval(share, size, z)
    return Estimate(float(share), (float(low), float(high)), n)


def _alone(rates: Sequence[Estimate], n: Floats, has: Bools) -> Groups:
    """Nothing to compare: too few groups, or all at 0 or all at 1."""
    known = [rate for rate, some in zip(rates, has, strict=True) if some]
    overall = undefined(TOO_FEW_GROUPS, sum(rate.n for rate in rates))
    if len(known) > 1:
        overall = _at(known[0].value or 0.0, float(n.sum()), overall.n)
    nothing: list[float | None] = [None] * len(rates)
    return Groups(overall, None, list(rates), list(rates), list(rates), nothing, [False] * len(rates), n.tolist())
