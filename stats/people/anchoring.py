"""Do ratings revised after the reveal move towards the verdict?"""

from dataclasses import dataclass
from math import exp, lgamma, log

import numpy as np
from numpy.typing import ArrayLike

from stats.estimate import Estimate
from stats.sample import sample_of

NO_REVEALS = "no verdict has been revealed yet"


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Shares of the judgments whose verdict was revealed; `p_value` is None where none was revised."""

    towards: Estimate
    away: Estimate
    unchanged: Estimate
    p_value: float | None

    def as_dict(self) -> dict[str, object]:
        shares = {name: getattr(self, name).as_dict() for name in ("towards", "away", "unchanged")}
        return {**shares, "p_value": self.p_value}


def anchoring(
    before: ArrayLike,
    after: ArrayLike,
    verdict: ArrayLike,
    *,
    judgments: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
) -> Anchoring:
    """Shares of ratings that moved towards a yes (up) or no (down), away, or not; arguments (rows,).

    Row r stands for `judgments[r]` judgments with these values, all revealed ones and not only the revised. Intervals
    take judgments as sampling units, or `clusters` (annotators, since a habit is theirs). The p-value is of the sign
    test of the revised (Dixon and Mood 1946): towards and away as likely, revisions independent.
    """
    move = np.sign(np.asarray(after, dtype=float) - np.asarray(before, dtype=float))
    direction = move * np.where(np.asarray(verdict, dtype=bool), 1, -1)
    sample = sample_of(len(direction), items=judgments, clusters=clusters)
    everywhere = np.ones(len(direction))
    return Anchoring(
        towards=sample.ratio(direction > 0, everywhere, NO_REVEALS),
        away=sample.ratio(direction < 0, everywhere, NO_REVEALS),
        unchanged=sample.ratio(direction == 0, everywhere, NO_REVEALS),
        p_value=sign_test(sample.size(direction > 0), sample.size(direction < 0)),
    )


def sign_test(one: int, other: int) -> float | None:
    """Exact two-sided p-value: 2·P(X ≤ min) for X binomial(n, 1/2), at most 1."""
    n, least = one + other, min(one, other)
    if not n:
        return None
    terms = (exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2)) for k in range(least + 1))
    return min(1.0, 2 * sum(terms))
