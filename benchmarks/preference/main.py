"""Do intervals of preferences hold? Four runs of known strength, 600 judgments, 2,000 replications.

python -m benchmarks.preference.main [--quick]: a tenth of the replications with --quick.
"""

import argparse
import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, points, show, within
from stats.preference.davidson import Compared, compared, davidson
from stats.preference.rates import share_of
from stats.preference.strengths import bradley_terry, clusters

STRENGTHS = np.array([0.6, 0.2, -0.2, -0.6])
LOG_NU, LOG_POSITION = -0.5, 0.15
JUDGMENTS, COBUYS, ANNOTATORS = 600, 100, 12
REPLICATIONS, LARGE = 2000, 600_000
# How much a co-buy's runs differ from their strengths, and an annotator's taste from that of all.
OF_COBUYS, OF_PEOPLE = 0.5, 0.2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    replications = REPLICATIONS // 10 if parser.parse_args().quick else REPLICATIONS
    missed = 0
    for row in rows(replications):
        show(row)
        missed += not row.met
    print(f"{missed} bars missed" if missed else "all bars met")
    return bool(missed)


def rows(replications: int) -> Iterator[Row]:
    for words, spread, position in (
        ("judgments independent of each other", (0.0, 0.0), 0.0),
        ("co-buys and tastes that differ", (OF_COBUYS, OF_PEOPLE), 0.0),
    ):
        truth = _truth(spread)
        held, bias, rate = _held(replications, spread, position, truth)
        for run, share in enumerate(held):
            yield within(f"strength of run {run + 1} of 4, {words}", float(share), 0.93, 0.97)
        yield within(f"all four strengths, {words}", float(held.mean()), 0.93, 0.97)
        yield points(f"bias of the strongest, in hundredths of log p, {words}", bias, 0.03)
        yield within(f"win rate of run 1 against run 4, {words}", rate, 0.93, 0.97)


def _truth(spread: tuple[float, float]) -> NDArray[np.float64]:
    """Where co-buys and tastes differ, what Davidson's model says of all of them: from a very large sample."""
    if not any(spread):
        return STRENGTHS
    rng = np.random.default_rng(0)
    data, _, _ = _world(rng, spread, LARGE, LARGE // 6, LARGE // 50)
    return davidson(data, 4).strengths


def _held(
    replications: int, spread: tuple[float, float], position: float, truth: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, float]:
    rng, held, off, rates = np.random.default_rng(14), np.zeros(4), 0.0, 0
    wanted = _rate(spread)
    for _ in range(replications):
        data, cobuy, annotator = _world(rng, spread, JUDGMENTS, COBUYS, ANNOTATORS)
        found = bradley_terry(data, 4, clusters(cobuy, annotator)).strengths
        held += [each.ci95[0] <= value <= each.ci95[1] for each, value in zip(found, truth, strict=True)]
        off += found[0].value - truth[0]
        rates += _covers(data, cobuy, annotator, wanted)
    return held / replications, off / replications, rates / replications


def _covers(data: Compared, cobuy: NDArray[np.int64], annotator: NDArray[np.int64], wanted: float) -> bool:
    of_pair, score = _scores(data)
    low, high = share_of(score[of_pair], cobuy[of_pair], annotator[of_pair]).ci95
    return bool(low <= wanted <= high)


def _rate(spread: tuple[float, float]) -> float:
    data, _, _ = _world(np.random.default_rng(1), spread, LARGE, LARGE // 6, LARGE // 50)
    of_pair, score = _scores(data)
    return float(score[of_pair].mean())


def _scores(data: Compared) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which judgments compare run 1 with run 4, and what each gives run 1."""
    of_pair = np.abs(data.left - data.right) == 3
    said = np.array([1.0, 0.0, 0.5])[data.outcome]
    return of_pair, np.where(data.left == 0, said, 1 - said)


def _world(
    rng: np.random.Generator, spread: tuple[float, float], n: int, cobuys: int, annotators: int
) -> tuple[Compared, NDArray[np.int64], NDArray[np.int64]]:
    """Each co-buy has six judgments, one on each pair of runs, by annotators at random; sides are drawn."""
    one, other = np.triu_indices(4, 1)
    cobuy, pair = np.repeat(np.arange(cobuys), -(-n // cobuys))[:n], np.arange(n) % 6
    annotator, swap = rng.integers(annotators, size=n), rng.random(n) < 0.5
    left, right = np.where(swap, other[pair], one[pair]), np.where(swap, one[pair], other[pair])
    of_cobuy = rng.normal(0, spread[0], (cobuys, 4)) if spread[0] else np.zeros((1, 4))
    of_person = rng.normal(0, spread[1], (annotators, 4)) if spread[1] else np.zeros((1, 4))

    def strength(run: NDArray[np.int64]) -> NDArray[np.float64]:
        return STRENGTHS[run] + of_cobuy[cobuy % len(of_cobuy), run] + of_person[annotator % len(of_person), run]

    a, b = strength(left), strength(right)
    logs = np.stack([a, b, LOG_NU + (a + b) / 2], axis=1) + rng.gumbel(size=(n, 3))
    return compared(left, right, logs.argmax(axis=1)), cobuy, annotator


if __name__ == "__main__":
    sys.exit(main())
