"""MRR, hits@k and paired differences, with intervals by a bootstrap over clusters."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.resampling import percentile_interval
from stats.sample import coded
from stats.sums import sums

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
DRAWS = 2_000
HITS = (1, 10)
NO_QUERIES = "no purchases to predict"
ONE_CLUSTER = "all are of one customer or one product, so there is no interval"


@dataclass(frozen=True, slots=True)
class Resampled:
    """How often each cluster is drawn, (draws, clusters): the same draws for all figures, so that these are paired.

    One way for each kind of cluster: by product that is asked about, and by customer where known. Of several intervals
    the widest holds, as in Cameron, Gelbach and Miller 2011, section 2.3, where one way is never less than the other.
    """

    ways: tuple[tuple[Codes, Floats], ...]

    def mean(self, values: ArrayLike, within: NDArray[np.bool_] | None = None, reason: str = NO_QUERIES) -> Estimate:
        """Arguments (queries,): the mean, and the widest of the percentile intervals (Efron 1979)."""
        y = np.asarray(values, dtype=float)
        use = np.ones(len(y), dtype=bool) if within is None else within
        y = np.where(use, y, 0.0)
        if not use.any():
            return undefined(reason)
        value = float(y[use].mean())
        found = [each for way in self.ways if (each := _interval(y, use, *way)) is not None]
        if len(found) < len(self.ways):  # a way of one cluster has no interval, and that would be the widest
            return Estimate(value, None, int(use.sum()), note=ONE_CLUSTER)
        low, high = max(found, key=lambda pair: pair[1] - pair[0])
        return Estimate(value, (min(low, value), max(high, value)), int(use.sum()))


def resampled(*clusters: ArrayLike, seed: int = 0, draws: int = DRAWS) -> Resampled:
    rng, ways = np.random.default_rng(seed), []
    for names in clusters:
        cluster = coded(names)
        m = int(cluster.max(initial=-1)) + 1
        drawn = rng.multinomial(m, np.full(m, 1 / m), draws) if m else np.zeros((draws, 0))
        ways.append((cluster, drawn.astype(float)))
    return Resampled(tuple(ways))


def _interval(y: Floats, use: NDArray[np.bool_], cluster: Codes, drawn: Floats) -> tuple[float, float] | None:
    of = sums(cluster, use.astype(float), drawn.shape[1])
    if np.count_nonzero(of) < 2:
        return None
    total, n = drawn @ sums(cluster, y, drawn.shape[1]), drawn @ of
    return percentile_interval(total[n > 0] / n[n > 0])


def ranking_figures(ranks: ArrayLike, by: Resampled, within: NDArray[np.bool_] | None = None) -> dict[str, Estimate]:
    """MRR is the mean of 1/rank, hits@k the share with rank k or better; ranks (queries,) from 1."""
    rank = np.asarray(ranks, dtype=float)
    figures = {"mrr": by.mean(1 / rank, within)}
    return figures | {f"hits@{k}": by.mean(rank <= k, within) for k in HITS}


def rank_difference(
    arm: ArrayLike, control: ArrayLike, by: Resampled, within: NDArray[np.bool_] | None = None
) -> Estimate:
    """Of the mean of 1/rank, query by query."""
    return by.mean(1 / np.asarray(arm, dtype=float) - 1 / np.asarray(control, dtype=float), within)


def is_better(difference: Estimate) -> bool:
    return difference.ci95 is not None and difference.ci95[0] > 0


def predicts(differences: dict[str, Estimate]) -> bool:
    """Intentions tell more than all their controls: each interval lies above 0. As all must, no look is corrected for
    (the intersection-union test, Berger 1982)."""
    return bool(differences) and all(map(is_better, differences.values()))


def as_dicts(figures: dict[str, Estimate]) -> dict[str, Any]:
    return {name: each.as_dict() for name, each in figures.items()}
