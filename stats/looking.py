"""Intervals that may be looked at all the time: the chance that they ever miss is at most 5 %.

An interval of fixed size misses at some look far more often than at one. A confidence sequence is wider, the least at
the size that was planned. It speaks of the judgments in the order they came, items being drawn at random.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, lgamma, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import NO_VARIANCE, score_interval
from stats.rates import NO_JUDGMENTS
from stats.sample import Sample

Floats = NDArray[np.float64]

ALPHA = 0.05
# The approximation by a normal needs some items; before, a sequence says nothing.
FEWEST = 30
TOO_EARLY = f"a sequence begins at {FEWEST} items"


@dataclass(frozen=True, slots=True)
class Band:
    """Bounds after each observation (t,)."""

    low: Floats
    high: Floats


def normal_mixture(values: ArrayLike, planned: int) -> Band:
    """Of means of values in [0, 1], (t,), for any distribution of them, and narrowest about `planned` of them.

    |S_t - tμ| < √((V + ρ) log((V + ρ)/(α²ρ))), V = t/4: Robbins 1970; Howard et al. 2021, eq. 14.
    """
    x = np.asarray(values, dtype=float)
    t = np.arange(1, len(x) + 1)
    v, rho = t / 4, 1 / (4 * tuned(planned))
    mean, half = np.cumsum(x) / t, np.sqrt((v + rho) * np.log((v + rho) / (ALPHA**2 * rho))) / t
    return Band(np.maximum(mean - half, 0), np.minimum(mean + half, 1))


def multiplier(n: ArrayLike, planned: float) -> Floats:
    """What takes the place of 1.96 standard errors at n items: √((1 + 1/nr) log((nr + 1)/α²)) with r by `tuned`.

    The asymptotic normal mixture of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, theorem 2.2. About 3.0 at
    the planned n.
    """
    nr = np.asarray(n, dtype=float) * tuned(planned)
    times: Floats = np.sqrt((1 + 1 / nr) * np.log((nr + 1) / ALPHA**2))
    return times


def tuned(planned: float) -> float:
    """r that makes the sequence narrowest about there: Waudby-Smith et al. 2024, after eq. 12."""
    return (-2 * log(ALPHA) + log(-2 * log(ALPHA) + 1)) / planned


def share_sequence(sample: Sample, numerator: ArrayLike, denominator: ArrayLike, planned: int) -> Estimate:
    """As `Sample.ratio`, with the interval of a sequence: Wilson's at p(1-p)/V with `multiplier` in place of 1.96.

    For rates, accuracy, precision, recall, weighted and clustered. `planned` is of the items that inform it.
    """
    y, x = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    total, n = sample.total(x), sample.size(x > 0)
    if n < FEWEST:
        return undefined(TOO_EARLY if n else NO_JUDGMENTS, n)
    share = min(1.0, sample.total(y) / total)
    variance, _ = sample.variance(sample.weights * (y - share * x) / total, x > 0)
    effective = share * (1 - share) / variance if variance > NO_VARIANCE else sample.kish(sample.weights * x / total)
    low, high = score_interval(share, effective, multiplier(n, planned))
    return Estimate(share, (float(low), float(high)), n)


def sequence_of(value: float, variance: float, n: int, planned: int) -> Estimate:
    """Of any figure with a variance, such as a difference: value ± `multiplier`·√V."""
    if n < FEWEST:
        return undefined(TOO_EARLY if n else NO_JUDGMENTS, n)
    half = float(multiplier(n, planned)) * sqrt(variance)
    return Estimate(value, (value - half, value + half) if half > 0 else None, n)


def beta_mixture(yes: int, no: int, planned: int | None = None) -> Estimate:
    """Of a plain share of independent answers, exact at any size.

    All p with ∫ Πf_q dB(q) / Πf_p < 1/α. Without `planned`, B is Beta(1, 1) (Robbins 1970; Ville 1939); with it, B is
    centred at each p, so that the interval is narrowest about there, and by a tenth (the beta-binomial mixture of
    Howard et al. 2021).
    """
    n = yes + no
    if not n:
        return undefined(NO_JUDGMENTS)
    share, weight = yes / n, None if planned is None else 1 / tuned(planned)

    def excess(p: float) -> float:
        a, b = (1.0, 1.0) if weight is None else (weight * p, weight * (1 - p))
        return _log_beta(a + yes, b + no) - _log_beta(a, b) - _log_likelihood(p, yes, no) - log(1 / ALPHA)

    low = _crossing(excess, 0.0, share) if yes else 0.0
    high = _crossing(excess, 1.0, share) if no else 1.0
    return Estimate(share, (low, high), n)


def narrow_enough(sequence: Estimate, wanted: float) -> bool:
    """Whether to stop: as the sequence holds at every look, so it does at the one that this chooses."""
    return sequence.ci95 is not None and (sequence.ci95[1] - sequence.ci95[0]) / 2 <= wanted


def _crossing(excess: Callable[[float], float], outside: float, inside: float) -> float:
    """Where p leaves the interval, by halving: over 0 outside, below 0 at the share itself."""
    for _ in range(60):
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if excess(middle) > 0 else (outside, middle)
    return (outside + inside) / 2


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _log_likelihood(p: float, yes: int, no: int) -> float:
    if p <= 0 or p >= 1:
        return -inf
    return yes * log(p) + no * log(1 - p)
