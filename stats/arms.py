"""Arms of an experiment against their control, on the same co-buys and relations."""

from dataclasses import dataclass
from math import lgamma, pi, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import NO_VARIANCE, Z95, t_interval
from stats.paired import NO_COMMON
from stats.planning import POWER
from stats.sample import numbers, sample_of

Floats = NDArray[np.float64]

# As for the figures of a run (stats.survey.assisted): from fewer a slope costs more than it gives.
PAIRS_PER_SLOPE = 20
NODES = 64


@dataclass(frozen=True, slots=True)
class ArmDifference:
    """`figure` is arm less control. `p` is two-sided; `counts_like` is how many pairs it would take without p_yes.

    `detectable` is the smallest difference that this sample finds with 80 % power.
    """

    figure: Estimate
    p: float | None = None
    variance: float = 0.0
    counts_like: float | None = None
    detectable: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """p_yes of arm less control: of each pair (rows,), and its mean over all pairs of both runs."""

    of_pairs: Floats
    mean: float


def arm_difference(
    arm: ArrayLike,
    control: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    clusters: ArrayLike,
    known: Known | None = None,
) -> ArmDifference:
    """The mean of arm - control over pairs of a co-buy and relation, co-buys being the sampling units; all (rows,).

    With what is known of all pairs, d̄ + λ(X̄ - x̄): the difference estimator with the slope λ of least squares, which is
    PPI++ (Angelopoulos, Duchi and Zrnic 2023, eq. 6) of a paired difference, with the variance of d - λx (Särndal,
    Swensson and Wretman 1992, section 6.6) and a degree of freedom less for the slope.
    """
    d = np.asarray(arm, dtype=float) - np.asarray(control, dtype=float)
    if not len(d):
        return ArmDifference(undefined(NO_COMMON))
    w = numbers(weights, len(d))
    sample = sample_of(len(d), w, clusters=clusters)
    mean = float(w @ d / w.sum())
    alone, df = sample.variance(w * (d - mean) / w.sum())
    value, variance = mean, alone
    if known is not None and (slope := _slope(d, known.of_pairs, w)) is not None:
        x_mean = float(w @ known.of_pairs / w.sum())
        left = d - mean - slope * (known.of_pairs - x_mean)
        assisted, _ = sample.variance(w * left / w.sum())
        assisted *= sample.freedom / max(sample.freedom - 1, 1)
        if assisted < alone:
            value, variance, df = mean + slope * (known.mean - x_mean), assisted, max(df - 1, 1)
    value = min(max(value, -1.0), 1.0)
    return _told(value, variance, df, sample.size(), counts_like=len(d) * alone / max(variance, NO_VARIANCE))


def _told(value: float, variance: float, df: float, n: int, counts_like: float | None = None) -> ArmDifference:
    figure = Estimate(value, t_interval(value, variance, df, -1, 1), n)
    if variance <= NO_VARIANCE:
        return ArmDifference(figure)
    return ArmDifference(
        figure,
        p=two_sided_p(value / sqrt(variance), df),
        variance=variance,
        counts_like=counts_like,
        detectable=(Z95 + NormalDist().inv_cdf(POWER)) * sqrt(variance),
    )


def kept_difference(
    yes: ArrayLike, arm: ArrayLike, control: ArrayLike, weights: ArrayLike | None = None, *, clusters: ArrayLike
) -> ArmDifference:
    """Σwky/Σwk of what one rule keeps of the same items less that of what another keeps; all (rows,), k being 0 or 1.

    The variance is that of the difference of the two linearised ratios, so what both keep cancels out (Särndal,
    Swensson and Wretman 1992, section 5.6).
    """
    y, a, b = (np.asarray(each, dtype=float) for each in (yes, arm, control))
    w = numbers(weights, len(y))
    if not (w @ a > 0 and w @ b > 0):
        return ArmDifference(undefined(NO_COMMON))
    p, q = float(w @ (a * y) / (w @ a)), float(w @ (b * y) / (w @ b))
    sample = sample_of(len(y), w, clusters=clusters)
    variance, df = sample.variance(w * (a * (y - p) / (w @ a) - b * (y - q) / (w @ b)))
    return _told(p - q, variance, df, round(float(np.maximum(a, b).sum())))


def pairs_to_find(difference: ArmDifference, wanted: float) -> int | None:
    """How many pairs drawn as these would find a difference with 80 % power: n (δ_now / δ)²."""
    if difference.detectable is None:
        return None
    return max(1, round(difference.figure.n * (difference.detectable / wanted) ** 2))


def bounded(figure: Estimate, failed_share: float) -> tuple[float, float] | None:
    """Of all pairs, where a share of them has none of what was asked and could be anything: (1 - f)d ± f."""
    if figure.value is None:
        return None
    low, high = figure.ci95 or (figure.value, figure.value)
    return (1 - failed_share) * low - failed_share, (1 - failed_share) * high + failed_share


def holm(p: ArrayLike) -> Floats:
    """Adjusted p values (k,): the running largest of (k - i)·p in the order of size, at most 1. Holm 1979."""
    values = np.asarray(p, dtype=float)
    order = np.argsort(values)
    steps = np.minimum(1, values[order] * (len(values) - np.arange(len(values))))
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def two_sided_p(t: float, df: float) -> float:
    """Of Student's t: 2·Γ((n+1)/2)/(√π Γ(n/2)) ∫ cosⁿ⁻¹θ from arctan(|t|/√n) to π/2, by Gauss and Legendre.

    Abramowitz and Stegun 1964, section 26.7 with t = √n·tan θ.
    """
    n = min(max(float(df), 1.0), 1e6)
    start = np.arctan(abs(t) / sqrt(n))
    # Beyond some widths of its bell the cosine's power is nothing: the nodes go where it is something.
    end = min(pi / 2, start + 12 / sqrt(n))
    x, weights = np.polynomial.legendre.leggauss(NODES)
    angles = start + (end - start) * (x + 1) / 2
    integral = float(weights @ np.cos(angles) ** (n - 1)) * (end - start) / 2
    constant = np.exp(lgamma((n + 1) / 2) - lgamma(n / 2)) / sqrt(pi)
    return float(min(1.0, 2 * constant * integral))


def _slope(d: Floats, x: Floats, w: Floats) -> float | None:
    """Of least squares; None where x is the same or unknown for some, or the pairs are few."""
    if len(d) < PAIRS_PER_SLOPE or not np.isfinite(x).all():
        return None
    centred = x - w @ x / w.sum()
    squares = float(w @ centred**2)
    return float(w @ (centred * d)) / squares if squares > NO_VARIANCE else None
