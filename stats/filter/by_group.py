"""Does a threshold for each group, such as a relation, pay? Told by data that did not choose any of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.filter.crossfit import FOLDS, REPEATS, highest_point
from stats.filter.thresholds import GRID, Floats, thousandth
from stats.rates import NO_JUDGMENTS
from stats.sample import Codes, coded, numbers, sample_of

FEWEST = 30  # items of a group that may choose a threshold of its own; the others take that of all


@dataclass(frozen=True, slots=True)
class ByGroup:
    """`gain` is accuracy with a threshold for each group less accuracy with `one` for all, both of items that chose
    neither; `each` is what all items choose: the threshold and how many items stand behind it."""

    gain: Estimate
    one: float | None
    each: dict[str, tuple[float, int]]

    @property
    def pays(self) -> bool:
        """Only then are the thresholds advice."""
        return self.gain.ci95 is not None and self.gain.ci95[0] > 0


def by_group(
    p_yes: ArrayLike,
    plausible: ArrayLike,
    group: ArrayLike,
    *,
    clusters: ArrayLike,
    rng: np.random.Generator,
    weights: ArrayLike | None = None,
    repeats: int = REPEATS,
) -> ByGroup:
    """Arguments (items,). Each tenth of the clusters, co-buys, is judged at the thresholds of best accuracy that the
    other nine choose, as in `crossfit.cross_fitted` (Stone 1974); the interval of the mean difference over items has
    clusters as sampling units and takes the divisions as given."""
    place, truth = thousandth(np.asarray(p_yes, dtype=float)), np.asarray(plausible, dtype=float)
    if not len(place):
        return ByGroup(undefined(NO_JUDGMENTS), None, {})
    names, code = np.unique(np.asarray(group), return_inverse=True)
    unit, w = coded(clusters), numbers(weights, len(place))
    right, worth = np.zeros(len(place)), w * (2 * truth - 1)
    for _ in range(repeats):
        fold = (rng.permutation(unit.max() + 1) % FOLDS)[unit]
        one, each = _chosen(place, worth, code, fold, FOLDS)
        right += _right(place >= each[fold, code], truth) - _right(place >= one[fold], truth)
    gain = sample_of(len(place), w, clusters=unit).mean(right / repeats, NO_JUDGMENTS, -1, 1)
    one, each = _chosen(place, worth, code, np.ones_like(code), 1)
    sizes = np.bincount(code)
    found = {str(name): (each[0, k] / 1000, int(sizes[k])) for k, name in enumerate(names) if sizes[k] >= FEWEST}
    return ByGroup(gain, float(one[0] / 1000), found)


def _chosen(
    place: Codes, worth: Floats, code: Codes, fold: Codes, folds: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The threshold of all (folds,) and of each group (folds, groups), by the items outside each fold; `worth` is what
    keeping an item adds to what is right."""
    groups = int(code.max()) + 1
    right = np.zeros((folds + 1, groups, len(GRID)))
    sizes = np.zeros((folds + 1, groups))
    np.add.at(right, (fold, code, place), worth)
    np.add.at(sizes, (fold, code), 1)
    outside, n = right.sum(axis=0) - right[:folds], sizes.sum(axis=0) - sizes[:folds]
    above = outside[..., ::-1].cumsum(axis=-1)[..., ::-1]
    one = highest_point(above.sum(axis=1))
    each = highest_point(above.reshape(-1, len(GRID))).reshape(folds, groups)
    return one, np.where(n >= FEWEST, each, one[:, np.newaxis])


def _right(kept: NDArray[np.bool_], truth: Floats) -> Floats:
    return np.where(kept, truth, 1 - truth)
