"""Is a pull of the verdict found where there is one, and only there?

1,200 judgments of twelve annotators, 80 % of which agree with the verdict; people differ in how often they revise.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.bars import Row, within
from stats.people.revisions import revisions

JUDGMENTS, ANNOTATORS, AGREE, REVISE = 1200, 12, 0.8, 0.05


def rows(replications: int) -> Iterator[Row]:
    rejected, held = _found(1, replications)
    yield within("no anchoring: the test of the pull rejects", rejected, 0.04, 0.06)
    yield within("no anchoring: the interval of the odds ratio holds 1", held, 0.94, 1)
    rejected, _ = _found(4, replications)
    yield within("ratings that differ revised 4 times as often: rejects", rejected, 0.9, 1)


def _found(times: float, replications: int) -> tuple[float, float]:
    """Share rejected at 5 %, and of the intervals that hold 1."""
    rng, rejected, held = np.random.default_rng(int(times)), 0, 0
    who = np.repeat(np.arange(ANNOTATORS), JUDGMENTS // ANNOTATORS)
    for _ in range(replications):
        habit = REVISE * rng.gamma(4, 1 / 4, ANNOTATORS)
        verdict, agrees = rng.random(JUDGMENTS) < 0.6, rng.random(JUDGMENTS) < AGREE
        revised = rng.random(JUDGMENTS) < habit[who] * np.where(agrees, 1, times)
        before = np.where(agrees, verdict, ~verdict).astype(float)
        pull = revisions(before, np.where(revised, 1 - before, before), verdict, who, yes_from=1).pull
        rejected += pull.p_value is not None and pull.p_value < 0.05
        held += pull.ratio.ci95 is None or pull.ratio.ci95[0] <= 1 <= pull.ratio.ci95[1]
    return rejected / replications, held / replications
