"""The bootstrap of Efron 1979 over items, from cells that each hold many of them: no draw walks through the items."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from stats.intervals import Z95
from stats.sample import Sample, coded
from stats.sums import sums

Codes = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
DRAWS = 500


@dataclass(frozen=True, slots=True)
class Cells:
    """Items alike in stratum, weight, truth and place, a class of p_yes; `p_yes` is their mean."""

    stratum: Codes
    place: Codes
    plausible: Bools
    weights: Floats
    items: Floats
    p_yes: Floats


def cells_of(place: Codes, p_yes: Floats, plausible: Bools, sample: Sample) -> Cells:
    kind = coded(sample.stratum * (len(place) + 1) + coded(sample.weights))
    code = (kind * (place.max(initial=0) + 1) + place) * 2 + plausible
    _, first, cell = np.unique(code, return_index=True, return_inverse=True)
    items = sums(cell, sample.items)
    return Cells(
        stratum=sample.stratum[first],
        place=place[first],
        plausible=plausible[first],
        weights=sample.weights[first],
        items=items,
        p_yes=sums(cell, sample.items * p_yes) / np.maximum(items, 1),
    )


def resamples(cells: Cells, seed: int, draws: int = DRAWS) -> Iterator[Floats]:
    """Items of each cell in as many resamples, drawn within strata as the sample was."""
    rng = np.random.default_rng(seed)
    sizes = sums(cells.stratum, cells.items)
    members = [np.flatnonzero(cells.stratum == stratum) for stratum in np.flatnonzero(sizes)]
    for _ in range(draws):
        drawn = np.zeros(len(cells.items))
        for those in members:
            n = cells.items[those].sum()
            drawn[those] = rng.multinomial(round(n), cells.items[those] / n)
        yield drawn


def redrawn(sample: Sample, draws: int, rng: np.random.Generator) -> Floats:
    """Items of each row in as many resamples, (draws, rows), drawn within strata; clusters are drawn whole."""
    if sample.unit is None or sample.unit_stratum is None:
        return _within(sample.stratum, sample.items, draws, rng)
    return sample.items * _within(sample.unit_stratum, np.ones(len(sample.unit_stratum)), draws, rng)[:, sample.unit]


def _within(stratum: Codes, items: Floats, draws: int, rng: np.random.Generator) -> Floats:
    drawn = np.zeros((draws, len(items)))
    for those in (np.flatnonzero(stratum == h) for h in np.unique(stratum)):
        n = items[those].sum()
        drawn[:, those] = rng.multinomial(round(n), items[those] / n, draws)
    return drawn


def corrected_interval(value: float, draws: Floats, acceleration: float = 0.0) -> tuple[float, float]:
    """BC_a of Efron 1987 (BC where acceleration is 0): percentiles moved by how far the draws lie from the value."""
    normal = NormalDist()
    below = np.clip((draws < value).mean() + (draws == value).mean() / 2, 1e-6, 1 - 1e-6)
    bias = normal.inv_cdf(float(below))
    levels = [normal.cdf(bias + (bias + z) / (1 - acceleration * (bias + z))) for z in (-Z95, Z95)]
    low, high = np.quantile(draws, levels)
    return float(low), float(high)


def percentile_interval(draws: Floats) -> tuple[float, float]:
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)
