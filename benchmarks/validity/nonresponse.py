"""Half of one stratum stays unjudged, by chance or rather where p_yes is low: do figures still hold the truth?"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, points, within
from benchmarks.validity.worlds import USUAL, World, samples, world
from stats.rates import hajek_rate
from stats.survey.assisted import assisted_rate
from stats.survey.nonresponse import reweighted
from stats.survey.run import RunTotals, run_totals

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ITEMS, STUDIES, RUNS = 400, 2000, 4
COVERAGE, OFF = (0.93, 0.985), 0.01


def rows(replications: int) -> Iterator[Row]:
    for pattern in ("by chance", "rather where p_yes is low"):
        found = np.concatenate([_studies(pattern, seed, min(replications, STUDIES) // RUNS) for seed in range(RUNS)])
        before, weighted, assisted = found.mean(axis=0)
        what = f"half of the rejected unjudged, {pattern}:"
        yield Row(f"{what} off, as before", f"{100 * before[0]:+.2f} points", "none, to compare", met=True)
        yield Row(f"{what} coverage, as before", f"{before[1]:.1%}", "none, to compare", met=True)
        for name, (off, covers) in (("reweighted", weighted), ("reweighted and assisted by p_yes", assisted)):
            yield points(f"{what} off, {name}", off, OFF)
            yield within(f"{what} coverage, {name}", covers, *COVERAGE)


def _studies(pattern: str, seed: int, studies: int) -> Floats:
    """Error and whether the interval holds, of each study and estimate: (studies, 3, 2)."""
    rng = np.random.default_rng(seed)
    run = world(USUAL, rng)
    stratum = (~run.kept).astype(np.int64)
    totals = _totals(run, stratum)
    drawn = samples(stratum, ITEMS, studies, rng)
    weights = (np.bincount(stratum) / np.bincount(stratum[drawn[0]]))[stratum[drawn[0]]]
    design = {"weights": weights, "strata": stratum[drawn[0]], "totals": totals}
    return np.array([_study(run, at, _heard(run, at, pattern, rng), **design) for at in drawn])


def _heard(run: World, at: NDArray[np.int64], pattern: str, rng: np.random.Generator) -> Bools:
    p = run.p_yes[at]
    chance = np.full(len(at), 0.5) if pattern == "by chance" else 0.2 + 1.2 * p
    return run.kept[at] | (rng.random(len(at)) < chance)


def _totals(run: World, stratum: NDArray[np.int64]) -> RunTotals:
    sums = [np.bincount(stratum, each) for each in (np.ones(len(stratum)), run.kept, run.p_yes, run.kept * run.p_yes)]
    return run_totals(*sums, strata=np.arange(len(sums[0])))


def _study(
    run: World, at: NDArray[np.int64], heard: Bools, *, weights: Floats, strata: NDArray[np.int64], totals: RunTotals
) -> list[tuple[float, bool]]:
    truth = run.plausible.mean()
    plausible, p_yes = run.plausible[at][heard], run.p_yes[at]
    new = reweighted(heard, weights, strata, p_yes).weights[heard]
    figures = (
        hajek_rate(plausible, 1 / weights[heard], strata[heard]),
        hajek_rate(plausible, 1 / new, strata[heard]),
        assisted_rate(plausible, p_yes[heard], totals, new, strata[heard]).figure,
    )
    return [(each.value - truth, each.ci95[0] <= truth <= each.ci95[1]) for each in figures]
