"""How much too good are the figures at a threshold that was chosen from the judged items themselves?

Reported figure less what is true at the threshold chosen, on average over studies; the optimism of the items that chose
stands beside it.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Row, at_most, points
from benchmarks.validity.worlds import USUAL, World, steps, world
from stats.filter.crossfit import cross_fitted
from stats.filter.resampled_curves import resampled_curves, smoothed_curves
from stats.filter.threshold_choice import FEWEST_TOLD, Choice, best_threshold, threshold_for
from stats.filter.thresholds import Curve, threshold_curve

Floats = NDArray[np.float64]
Gaps = tuple[float, float, float]

SIZES, OPTIMISM, STUDIES = (100, 200), 0.007, 1000
DRAWS, REPEATS = 100, 2  # their number moves no mean
RUNS = 4
WORLDS: dict[str, Callable[[np.random.Generator], World]] = {
    "p_yes in a line": partial(world, USUAL),
    "p_yes in steps": steps,
}
LOWER, BROKEN = 0.8, 0.05
BY_LOWER = "precision of 0.8 by its lower bound"
RULES = {
    "best accuracy": "accuracy",
    "best F1": "f1",
    "precision of 0.9 by its point": "precision",
    BY_LOWER: "precision",
}


def rows(replications: int) -> Iterator[Row]:
    for (shape, of), items in product(WORLDS.items(), SIZES):
        found = _studies(of, items, min(replications, STUDIES))
        for name, figure in RULES.items():
            honest, apparent, broken, share = found[name]
            what = f"{figure} at the threshold of {name}, {items} items, {shape}"
            if name == BY_LOWER:
                yield at_most(f"studies that choose by a lower bound and are under it, {what}", broken, BROKEN)
            if np.isnan(honest):
                yield Row(f"{what}, less the true one", "not told", f"needs {FEWEST_TOLD} items", met=True)
                continue
            yield _of_all(f"{what}, less the true one", honest, share)
            yield Row("the same by the items that chose", f"{100 * apparent:+.2f} points", "none, to compare", met=True)


def _of_all(what: str, gap: float, share: float) -> Row:
    """A bar where nearly all studies find a threshold: that only lucky ones do no figure of one study can tell."""
    what = f"{what} ({share:.0%} of studies find one)"
    if share > 0.8:
        return points(what, gap, OPTIMISM)
    return Row(what, f"{100 * gap:+.2f} points", "none, as few studies find one", met=True)


def _studies(
    of: Callable[[np.random.Generator], World], items: int, studies: int
) -> dict[str, tuple[float, float, float, float]]:
    """By rule: mean reported and apparent figure less the true one; of all studies, which choose a threshold whose true
    figure is under LOWER, and which choose one at all."""
    gaps = {name: [] for name in RULES}
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        run = of(rng)
        truth = threshold_curve(run.p_yes, run.plausible > 0)
        for _ in range(studies // RUNS):
            for name, gap in _study(run, truth, items, rng).items():
                gaps[name].append(gap)
    chosen = studies // RUNS * RUNS
    found = {name: np.reshape(each, (-1, 3)) for name, each in gaps.items()}
    return {
        name: (*each[:, :2].mean(axis=0), each[:, 2].sum() / chosen, len(each) / chosen) for name, each in found.items()
    }


def _study(run: World, truth: Curve, items: int, rng: np.random.Generator) -> dict[str, Gaps]:
    at = rng.choice(len(run.p_yes), items, replace=False)
    p_yes, plausible = run.p_yes[at], run.plausible[at] > 0
    curve = threshold_curve(p_yes, plausible)
    drawn = {"seed": int(rng.integers(1 << 30)), "draws": DRAWS}
    resampled = resampled_curves(p_yes, plausible, **drawn)

    def best(figure: str) -> Choice:
        return best_threshold(curve, resampled, figure).reported(
            cross_fitted(p_yes, plausible, figure, rng=rng, repeats=REPEATS)
        )

    choices = {
        "best accuracy": best("accuracy"),
        "best F1": best("f1"),
        "precision of 0.9 by its point": threshold_for(curve, resampled, 0.9),
        BY_LOWER: threshold_for(curve, resampled, LOWER, "lower", smoothed_curves(p_yes, plausible, **drawn)),
    }
    return {
        name: _gaps(choice, truth, RULES[name])
        for name, choice in choices.items()
        if choice.threshold.value is not None
    }


def _gaps(choice: Choice, truth: Curve, figure: str) -> Gaps:
    """NaN where no figure is told."""
    true, told = truth.at(choice.threshold.value)[figure].value, choice.figures[figure].value
    return np.nan if told is None else told - true, choice.apparent[figure].value - true, float(true < LOWER)
