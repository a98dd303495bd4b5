"""The curve over all thresholds in resamples of the items: of those that were seen, or with answers drawn anew."""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.filter.thresholds import FEWEST_KEPT, GRID, Floats, thousandth
from stats.intervals import score_interval
from stats.resampling import DRAWS, Cells, cells_of, resamples
from stats.sample import Sample, sample_of
from stats.sums import sums

# Of the items in order of p_yes: narrower follows single answers, wider takes a bend in p_yes for a slope. In three
# worlds of 200 items it leaves 0.4, -0.2 and -0.3 points of a precision whose lower bound chose the threshold, where
# plain resamples leave 1.0, 0.1 and 0.1 and a logistic regression 0, -2.5 and -5.7.
BANDWIDTH = 0.06


@dataclass(frozen=True, slots=True)
class ResampledCurves:
    """By resample and threshold: (draws, 1001); precision is NaN where too few are kept.

    `lower` is precision's lower bound, Wilson's at Kish's effective size; None where it was not asked for.
    """

    kept_share: Floats
    precision: Floats
    recall: Floats
    f1: Floats
    accuracy: Floats
    lower: Floats | None = None


def resampled_curves(
    p_yes: ArrayLike,
    plausible: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    seed: int = 1,
    draws: int = DRAWS,
    lower: bool = True,
) -> ResampledCurves:
    """Curves of resamples of the items within strata; arguments (rows,) as in `threshold_curve`."""
    p_yes, plausible = np.asarray(p_yes, dtype=float), np.asarray(plausible, dtype=bool)
    cells = cells_of(thousandth(p_yes), p_yes, plausible, sample_of(len(p_yes), weights, strata, items=items))
    return _curves(cells, _drawn(cells, seed, draws), lower=lower)


@dataclass(frozen=True, slots=True)
class SmoothedCurves:
    """`resampled` was drawn from a `model` of the items, whose curve (1, 1001) is known."""

    resampled: ResampledCurves
    model: ResampledCurves


def smoothed_curves(
    p_yes: ArrayLike,
    plausible: ArrayLike,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    *,
    items: ArrayLike | None = None,
    seed: int = 1,
    draws: int = DRAWS,
) -> SmoothedCurves:
    """As `resampled_curves`, but the answer on each drawn item is drawn too, by the share plausible of those with about
    as high a p_yes: the smoothed bootstrap (Efron 1982, section 2.5). Items of a resample then differ as items do.
    """
    p_yes, plausible = np.asarray(p_yes, dtype=float), np.asarray(plausible, dtype=bool)
    sample, place = sample_of(len(p_yes), weights, strata, items=items), thousandth(p_yes)
    cells = cells_of(place, p_yes, np.zeros(len(p_yes), dtype=bool), sample)
    chance = _local_shares(place, plausible, sample)[cells.place]
    drawn = _drawn(cells, seed, draws)
    yes = np.random.default_rng(seed).binomial(np.round(drawn).astype(np.int64), chance)
    both = _of_both_answers(cells)
    expected = np.concatenate([cells.items * (1 - chance), cells.items * chance])
    redrawn = np.hstack([drawn - yes, yes])
    return SmoothedCurves(_curves(both, redrawn, lower=True), _curves(both, expected[np.newaxis], lower=True))


def _local_shares(place: NDArray[np.int64], plausible: NDArray[np.bool_], sample: Sample) -> Floats:
    """Share plausible about each place of the grid (1001,), by a normal kernel over ranks: Nadaraya 1964."""
    weights = sample.items * sample.weights
    at, yes = sums(place, weights, len(GRID)), sums(place, weights * plausible, len(GRID))
    rank = (at.cumsum() - at / 2) / max(float(at.sum()), 1e-300)
    some = at > 0
    near = np.exp(-(((rank[:, np.newaxis] - rank[some]) / BANDWIDTH) ** 2) / 2)
    shares: Floats = (near @ yes[some]) / np.maximum(near @ at[some], 1e-300)
    return shares


def _of_both_answers(cells: Cells) -> Cells:
    """Each cell twice, first as implausible."""
    twice = {name: np.tile(getattr(cells, name), 2) for name in ("stratum", "place", "weights", "items", "p_yes")}
    return Cells(plausible=np.repeat([False, True], len(cells.items)), **twice)


def _drawn(cells: Cells, seed: int, draws: int) -> Floats:
    return np.stack(list(resamples(cells, seed, draws))) if len(cells.items) else np.zeros((0, 0))


def _curves(cells: Cells, drawn: Floats, *, lower: bool) -> ResampledCurves:
    used, step = np.unique(cells.place, return_inverse=True)
    above = _Above(cells.plausible, step, len(used) + 1, len(drawn))
    kept_items = above(drawn).sum(axis=1)
    misses, hits = above(drawn * cells.weights).transpose(1, 0, 2)
    all_hits, everything, kept = hits[:, :1], (hits + misses)[:, :1], hits + misses
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(kept_items >= FEWEST_KEPT, hits / kept, np.nan)
        by_step = {
            "kept_share": kept / everything,
            "precision": precision,
            "recall": hits / all_hits,
            "f1": 2 * hits / (kept + all_hits),
            "accuracy": (2 * hits - all_hits + everything - kept) / everything,
        }
        if lower:
            squares = above(drawn * cells.weights**2).sum(axis=1)
            by_step["lower"] = score_interval(precision, kept**2 / squares)[0]
    at = np.searchsorted(used, np.arange(len(GRID)))
    return ResampledCurves(**{name: each.take(at, axis=1) for name, each in by_step.items()})


class _Above:
    """Sums over each threshold that keeps others than the one before, and over one that keeps nothing."""

    def __init__(self, plausible: NDArray[np.bool_], step: NDArray[np.int64], steps: int, draws: int) -> None:
        self.shape = (draws, 2, steps)
        self.cell = ((2 * np.arange(draws)[:, np.newaxis] + plausible) * steps + step).ravel()

    def __call__(self, values: Floats) -> Floats:
        """Σ values (draws, cells) of the implausible [0] and plausible [1] items: (draws, 2, steps)."""
        at = sums(self.cell, values.ravel(), prod(self.shape)).reshape(self.shape)
        above: Floats = at[..., ::-1].cumsum(axis=-1)[..., ::-1]
        return above
