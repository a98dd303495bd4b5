"""The odds ratio of two yes/no answers, with what differs between strata (such as annotators) taken out."""

from dataclasses import dataclass
from math import erfc, exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import Z95
from stats.sample import coded, numbers
from stats.sums import sums

Floats = NDArray[np.float64]

NOTHING_TO_COMPARE = "in no stratum do both the exposed and the outcome differ"
ONE_SIDED = "the outcome is on one side only: the odds ratio has no bounds"


@dataclass(frozen=True, slots=True)
class OddsRatio:
    """`p_value` of the Cochran-Mantel-Haenszel test is there even where a ratio is not (0 or ∞)."""

    ratio: Estimate
    p_value: float | None

    def as_dict(self) -> dict[str, object]:
        return {**self.ratio.as_dict(), "p_value": self.p_value}


def mantel_haenszel(
    exposed: ArrayLike, outcome: ArrayLike, strata: ArrayLike | None = None, *, counts: ArrayLike | None = None
) -> OddsRatio:
    """Odds of the outcome where exposed over odds where not, within strata; arguments (rows,), of `counts[r]` answers.

    Mantel and Haenszel 1959; the logarithm's variance is that of Robins, Breslow and Greenland 1986, which holds for
    few large strata and many small ones; the test is Cochran's and theirs, without a correction for continuity. n is
    answers in strata that tell something. Assumed: answers of a stratum are independent.
    """
    exposed, outcome = np.asarray(exposed, dtype=bool), np.asarray(outcome, dtype=bool)
    stratum = np.zeros(len(exposed), dtype=np.int64) if strata is None else coded(strata)
    cell = 4 * stratum + 2 * ~exposed + ~outcome
    tables = sums(cell, numbers(counts, len(cell)), 4 * (stratum.max(initial=-1) + 1)).reshape(-1, 4)
    a, b, c, d = _telling(tables).T
    n = a + b + c + d
    if not len(n):
        return OddsRatio(undefined(NOTHING_TO_COMPARE), None)
    r_i, s_i = a * d / n, b * c / n
    r, s = r_i.sum(), s_i.sum()
    p_value = _test(a, b, c, d)
    if not (r and s):
        return OddsRatio(undefined(ONE_SIDED, round(n.sum())), p_value)
    p_i, q_i = (a + d) / n, (b + c) / n
    variance = (p_i @ r_i) / (2 * r**2) + (p_i @ s_i + q_i @ r_i) / (2 * r * s) + (q_i @ s_i) / (2 * s**2)
    half = Z95 * sqrt(variance)
    interval = exp(log(r / s) - half), exp(log(r / s) + half)
    return OddsRatio(Estimate(float(r / s), interval, round(n.sum())), p_value)


def _telling(tables: Floats) -> Floats:
    """Where exposed and outcome both differ; other strata add nothing."""
    a, b, c, d = tables.T
    telling: Floats = tables[(a + b > 0) & (c + d > 0) & (a + c > 0) & (b + d > 0)]
    return telling


def _test(a: Floats, b: Floats, c: Floats, d: Floats) -> float:
    n = a + b + c + d
    surplus = (a - (a + b) * (a + c) / n).sum()
    variance = ((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1))).sum()
    return erfc(abs(surplus) / sqrt(2 * variance))
