"""Does the filter's accuracy against the latent truth stay put as items get more votes?

400 items, 65 % plausible; nine annotators and the filter are each right in 80 %, independently.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, points
from stats.filter.latent import latent_quality
from stats.votes import majority

ITEMS, ANNOTATORS, PLAUSIBLE, RIGHT = 400, 9, 0.65, 0.8
# A fit takes hundredths of a second, one with its interval a second: the mean and coverage need no more studies.
STUDIES, WITH_INTERVAL, DRAWS = 400, 100, 200
OVERLAPS, DRIFT = (1, 2, 3, 5), 0.015


def rows(replications: int) -> Iterator[Row]:
    for overlap in OVERLAPS:
        studies = min(replications, STUDIES)
        latent, by_majority = _means(overlap, studies)
        said = f"mean of {studies} studies, {overlap} votes an item, less {100 * RIGHT:g} %"
        if np.isnan(latent):
            yield Row(f"latent truth, {overlap} votes an item", "undefined", "says why", met=overlap < 3)
        else:
            yield points(f"accuracy against the latent truth: {said}", latent - RIGHT, DRIFT)
        yield Row(
            f"against the majority: {said}", f"{100 * (by_majority - RIGHT):+.2f} points", "none, to compare", met=True
        )
    studies = min(replications, WITH_INTERVAL)
    accuracy, gap, width = _coverage(3, studies)
    what = f"of {studies} studies with 3 votes an item"
    for name, share in (("accuracy", accuracy), ("people less filter", gap)):
        yield Row(f"interval of {name} holds the truth, {what}", f"{100 * share:.0f} %", "none", met=True)
    yield Row(f"mean width of accuracy's, {what}", f"{100 * width:.1f} points", "none", met=True)


def study(overlap: int, rng: np.random.Generator) -> dict[str, NDArray]:
    truth = rng.random(ITEMS) < PLAUSIBLE
    who = rng.random((ITEMS, ANNOTATORS)).argsort(axis=1)[:, :overlap]
    said = np.where(rng.random(who.shape) < RIGHT, truth[:, np.newaxis], ~truth[:, np.newaxis])
    return {
        "items": np.repeat(np.arange(ITEMS), overlap),
        "annotators": who.ravel(),
        "plausible": said.ravel(),
        "kept": np.where(rng.random(ITEMS) < RIGHT, truth, ~truth),
    }


def _means(overlap: int, studies: int) -> tuple[float, float]:
    rng = np.random.default_rng(overlap)
    found = np.empty((studies, 2))
    for s in range(studies):
        drawn = study(overlap, rng)
        latent = latent_quality(**drawn, draws=1, rng=rng).accuracy.value
        yes = np.bincount(drawn["items"], drawn["plausible"])
        winner = majority(np.column_stack([overlap - yes, yes])).winner
        decided = winner >= 0
        found[s] = np.nan if latent is None else latent, (winner == drawn["kept"])[decided].mean()
    return tuple(found.mean(axis=0))


def _coverage(overlap: int, studies: int) -> tuple[float, float, float]:
    rng = np.random.default_rng(10 + overlap)
    found = np.empty((studies, 3))
    for s in range(studies):
        quality = latent_quality(**study(overlap, rng), draws=DRAWS, rng=rng)
        low, high = quality.accuracy.ci95
        found[s] = low <= RIGHT <= high, quality.gap.ci95[0] <= 0 <= quality.gap.ci95[1], high - low
    return tuple(found.mean(axis=0))
