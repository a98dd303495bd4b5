"""The generalised regression estimate: what is known of every intention of a run tightens what a sample of it says.

Written over the unjudged instead of the whole run, with one slope of p_yes, it is PPI++ (Angelopoulos, Duchi and Zrnic
2023) and, with strata, stratified PPI (Fisch et al. 2024): the slope is their λ.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.estimate import Estimate
from stats.intervals import NO_VARIANCE
from stats.sample import Sample

Floats = NDArray[np.float64]

# Relative to the largest eigenvalue: auxiliaries that say the same count once.
SINGULAR = 1e-12
# Where the auxiliaries take more than half of the variance, what is left hangs on the few items of the rarer answer:
# with so many degrees of freedom for each of them intervals of recall hold 94 % where 98 % are plausible, else 91 %.
DF_PER_RARE_ITEM = 5
LESS_THAN_HALF = 0.5 - 1e-9  # so that half to the last digit is no less, in whatever order rows are added up


@dataclass(frozen=True, slots=True)
class Auxiliaries:
    """What is known of every intention: of each row's items (rows, k), and in `totals` (k,) the sums over the run.

    The first is 1, or what the others are within.
    """

    of_rows: Floats
    totals: Floats


@dataclass(frozen=True, slots=True)
class Calibration:
    """`g` (rows,) makes the sample's sums of the auxiliaries those of the run; `slopes` are those to be learned."""

    g: Floats
    inverse: Floats
    slopes: int


@dataclass(frozen=True, slots=True)
class Regressed:
    estimate: Estimate
    variance: float


def calibrate(known: Auxiliaries, sample: Sample) -> Calibration:
    """g = 1 + (X - Σ w x)ᵀ (Σ w x xᵀ)⁻¹ x for the run's totals X: Särndal, Swensson and Wretman 1992, eq. 6.5.9."""
    x, weights = known.of_rows, sample.items * sample.weights
    values, vectors = np.linalg.eigh(x.T @ (weights[:, np.newaxis] * x))
    told = values > SINGULAR * values.max()
    inverse = (vectors[:, told] / values[told]) @ vectors[:, told].T
    g = 1 + x @ (inverse @ (known.totals - weights @ x))
    return Calibration(g, inverse, int(told.sum()) - 1)


def regression_ratio(
    numerator: Floats, denominator: Floats, known: Auxiliaries, sample: Sample, *, alone: float
) -> Regressed | None:
    """A share as the ratio of two regression estimates Σ w g y (eq. 6.4.2); arguments (rows,), of `items[r]` items.

    Linearised (section 5.6) as what its slopes leave of numerator - R·denominator, times w g (eq. 6.6.4), with the
    variance of the sample's design; k slopes cost as many degrees of freedom. `alone` is that variance without
    auxiliaries. Where these hold the denominator, as 1 or kept, its estimate is the run's own total. None where it is
    not positive. The interval is Wilson's at the effective size, the estimate cut to [0, 1].
    """
    fitted = calibrate(known, sample)
    weights = sample.weights * fitted.g
    top, bottom = (float(sample.items * weights @ each) for each in (numerator, denominator))
    if not bottom > 0:
        return None
    y = numerator - top / bottom * denominator
    slopes = fitted.inverse @ (known.of_rows.T @ (sample.items * sample.weights * y))
    variance, df = sample.variance(weights * (y - known.of_rows @ slopes) / bottom)
    variance *= sample.freedom / max(sample.freedom - fitted.slopes, 1)
    hangs = variance < alone * LESS_THAN_HALF
    most = DF_PER_RARE_ITEM * _rarer(numerator, denominator, sample) if hangs else np.inf
    share = min(max(top / bottom, 0.0), 1.0)
    spread = 0.0 if share * (1 - share) <= NO_VARIANCE else float(variance)
    interval = sample.share_bounds(
        numerator, denominator, share, variance=spread, df=df, most=most, slopes=fitted.slopes
    )
    return Regressed(Estimate(share, interval, sample.size(denominator > 0)), float(variance))


def left_over(y: Floats, known: Auxiliaries, sample: Sample) -> float:
    """The variance of Σ w·y that the auxiliaries leave, whatever the run's totals are, for as many slopes as they have.

    Less than without them is an adjusted R² over 0 (Ezekiel 1930): decided by what p_yes tells of the judged items, and
    not by how their p_yes happens to lie, which is what the estimate sets right.
    """
    fitted = calibrate(known, sample)
    slopes = fitted.inverse @ (known.of_rows.T @ (sample.items * sample.weights * y))
    variance = sample.variance(sample.weights * (y - known.of_rows @ slopes))[0]
    return variance * sample.freedom / max(sample.freedom - fitted.slopes, 1)


def _rarer(numerator: Floats, denominator: Floats, sample: Sample) -> float:
    """Items of the answer that fewer gave: what the denominator holds where that is not known beforehand."""
    yes = float(sample.items @ (denominator if np.ptp(denominator) else numerator))
    return min(yes, float(sample.items.sum()) - yes)
