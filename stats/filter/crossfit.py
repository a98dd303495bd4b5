"""What a filter is worth at the threshold of its best F1 or accuracy: told by data that did not choose it.

The figures of the items that chose a threshold are too good, as their luck was chosen as well. So each tenth of the
items is judged at the threshold that the other nine tenths choose: cross-validation (Stone 1974) of the whole choice.
"""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate
from stats.filter.quality import NOTHING_KEPT, NOTHING_PLAUSIBLE, f1_of
from stats.filter.thresholds import GRID, Floats, thousandth
from stats.rates import NO_JUDGMENTS
from stats.sample import Sample, sample_of

FOLDS, REPEATS = 10, 20

Figure = Literal["f1", "accuracy"]


def cross_fitted(
    p_yes: ArrayLike,
    plausible: ArrayLike,
    figure: Figure,
    *,
    rng: np.random.Generator,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    items: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    repeats: int = REPEATS,
) -> dict[str, Estimate]:
    """The figures of `Curve.at`, of items that did not choose the threshold of the best `figure`.

    Arguments (rows,) as in `threshold_curve`, of `items[r]` items each; `clusters`, co-buys, stay together. An item
    counts as kept by the share of the `repeats` divisions into tenths in which it was. Intervals take these as given,
    as those of `threshold_curve` take the threshold.
    """
    sample = sample_of(len(np.asarray(p_yes)), weights, strata, items=items, clusters=clusters)
    return cross_fits(p_yes, plausible, (figure,), sample, rng=rng, repeats=repeats)[figure]


def cross_fits(
    p_yes: ArrayLike,
    plausible: ArrayLike,
    figures: Iterable[Figure],
    sample: Sample,
    *,
    rng: np.random.Generator,
    repeats: int = REPEATS,
) -> dict[Figure, dict[str, Estimate]]:
    """The same for several figures, each by a threshold of its own over the same divisions."""
    p_yes, truth = np.asarray(p_yes, dtype=float), np.asarray(plausible, dtype=bool)
    step, steps = _steps(thousandth(p_yes))
    kept = {figure: np.zeros(len(p_yes)) for figure in figures}
    cell = ((2 * np.arange(FOLDS)[:, np.newaxis] + truth) * steps + step).ravel()
    for _ in range(repeats if len(p_yes) else 0):
        held = _folds(sample, rng)
        rest = (sample.items[:, np.newaxis] - held).T * sample.weights
        misses, hits = _above(cell, rest, steps)
        for figure in kept:
            chosen = highest_point(_f1(hits, misses) if figure == "f1" else hits - misses)
            kept[figure] += np.einsum("rf,rf->r", held, step[:, np.newaxis] >= chosen)
    times = repeats * np.maximum(sample.items, 1)
    return {figure: _figures(each / times, truth.astype(float), sample) for figure, each in kept.items()}


def highest_point(values: Floats) -> NDArray[np.int64]:
    """The threshold of the highest value, the lowest where several are, of (choices, thresholds)."""
    # Equal tops differ by rounding.
    first: NDArray[np.int64] = (values >= np.nanmax(values, axis=1, keepdims=True) - 1e-12).argmax(axis=1)
    return first


def _folds(sample: Sample, rng: np.random.Generator) -> NDArray[np.int64]:
    """Items of each row in each tenth: (rows, FOLDS)."""
    items = np.round(sample.items).astype(np.int64)
    if sample.unit is None or sample.unit_stratum is None:
        return rng.multinomial(items, np.full(FOLDS, 1 / FOLDS))
    fold = rng.permutation(len(sample.unit_stratum)) % FOLDS
    folds: NDArray[np.int64] = (fold[sample.unit][:, np.newaxis] == np.arange(FOLDS)) * items[:, np.newaxis]
    return folds


def _steps(place: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The thresholds that keep something else than the one before, counted; most of the grid's don't."""
    used, step = np.unique(place, return_inverse=True)
    keeps_nothing = len(used) > 0 and used[-1] < len(GRID) - 1
    return step, len(used) + keeps_nothing


def _above(cell: NDArray[np.int64], values: Floats, steps: int) -> Floats:
    """Sums of the implausible [0] and plausible [1] over each threshold: (FOLDS, rows) to (2, FOLDS, steps)."""
    at = np.bincount(cell, values.ravel(), FOLDS * 2 * steps).reshape(FOLDS, 2, steps)
    return at[..., ::-1].cumsum(axis=-1)[..., ::-1].transpose(1, 0, 2)


def _f1(hits: Floats, misses: Floats) -> Floats:
    """2 tp/(2 tp + fp + fn); 0 where nothing is kept and nothing plausible."""
    either = hits + misses + hits[:, :1]
    return np.where(either > 0, 2 * hits / np.where(either > 0, either, 1), 0)


def _figures(kept: Floats, truth: Floats, sample: Sample) -> dict[str, Estimate]:
    one, hits = np.ones(len(kept)), kept * truth
    return {
        "kept_share": sample.ratio(kept, one, NO_JUDGMENTS),
        "precision": sample.ratio(hits, kept, NOTHING_KEPT if len(kept) else NO_JUDGMENTS),
        "recall": sample.ratio(hits, truth, NOTHING_PLAUSIBLE if len(kept) else NO_JUDGMENTS),
        "f1": f1_of(sample.ratio(hits, kept + truth - hits, NO_JUDGMENTS)),
        "accuracy": sample.ratio(hits + (1 - kept) * (1 - truth), one, NO_JUDGMENTS),
    }
