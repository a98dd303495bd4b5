"""Sixty looks while a study grows to 600 items, planned for 400: how often does an interval ever miss?"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, at_most, within
from stats.intervals import score_interval
from stats.looking import ALPHA, multiplier

LOOKS, PLANNED = np.arange(10, 601, 10), 400
SHARES, WIDER = (0.5, 0.72, 0.9, 0.97), 1.7


def rows(replications: int) -> Iterator[Row]:
    for share in SHARES:
        yes = _yes(share, replications)
        means = yes / LOOKS
        sequence, fixed = score_interval(means, LOOKS, multiplier(LOOKS, PLANNED)), score_interval(means, LOOKS)
        k = PLANNED // 10 - 1
        ratio = (sequence[1] - sequence[0])[:, k].mean() / (fixed[1] - fixed[0])[:, k].mean()
        yield within(f"the sequence ever misses, share {share}", _ever(sequence, share), 0, 0.05)
        yield at_most(f"its half-width over the fixed interval's at {PLANNED}, share {share}", float(ratio), WIDER)
        yield within(f"the beta mixture ever misses, share {share}", _beta_misses(yes, share), 0, 0.05)
        missed = f"{100 * _ever(fixed, share):.1f} %"
        yield Row(f"the fixed interval ever misses, share {share}", missed, "none, to compare", met=True)
    few = _shares_of_three(replications)
    yield within("the sequence ever misses, shares of three annotators", few, 0, 0.05)


def _yes(share: float, replications: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(round(100 * share))
    parts = [
        (rng.random((500, LOOKS[-1])) < share).cumsum(axis=1)[:, LOOKS - 1] for _ in range(-(-replications // 500))
    ]
    return np.concatenate(parts)[:replications]


def _ever(bounds: tuple[NDArray, NDArray], truth: float) -> float:
    return float(((bounds[0] > truth) | (bounds[1] < truth)).any(axis=1).mean())


def _beta_misses(yes: NDArray[np.int64], share: float) -> float:
    """Where the mixture's likelihood ratio at the truth passes 1/α: ∫q^s(1-q)^f dq = 1/((n + 1)·C(n, s))."""
    log_factorial = np.concatenate([[0.0], np.log(np.arange(1, LOOKS[-1] + 2)).cumsum()])
    no = LOOKS - yes
    log_mixture = log_factorial[yes] + log_factorial[no] - log_factorial[LOOKS + 1]
    ratio = log_mixture - yes * np.log(share) - no * np.log(1 - share)
    return float((ratio >= np.log(1 / ALPHA)).any(axis=1).mean())


def _shares_of_three(replications: int) -> float:
    """Items of Beta(5, 2) with three judgments: Wilson's at the effective size p(1-p)/V."""
    rng, missed = np.random.default_rng(3), 0
    for _ in range(replications):
        x = rng.binomial(3, rng.beta(5, 2, LOOKS[-1])) / 3
        mean = x.cumsum()[LOOKS - 1] / LOOKS
        variance = ((x**2).cumsum()[LOOKS - 1] / LOOKS - mean**2) / (LOOKS - 1)
        late = (LOOKS >= 30) & (variance > 0)
        size = (mean * (1 - mean))[late] / variance[late]
        low, high = score_interval(mean[late], size, multiplier(LOOKS[late], PLANNED))
        missed += bool(((low > 5 / 7) | (high < 5 / 7)).any())
    return missed / replications
