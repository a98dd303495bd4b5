"""Agreement of two annotators, and of all pairs of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.agreement.coefficients import NO_PAIRS, ONE_CATEGORY
from stats.estimate import Estimate, undefined
from stats.intervals import Z95, t_interval
from stats.sample import sample_of

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Two labels of one item by two annotators, the first annotator before the second; a row for each such pair."""

    item: Codes
    pair: Codes
    first: Codes
    second: Codes


def cohen_kappa(table: ArrayLike) -> Estimate:
    """Cohen 1960 from the items' counts (label of one, label of the other); n is items.

    Interval: the large-sample variance of Fleiss, Cohen and Everitt 1969.
    """
    table = np.asarray(table, dtype=float)
    n = table.sum()
    if not n:
        return undefined(NO_PAIRS)
    shares = table / n
    if _expected(shares) > 1 - 1e-12:
        return undefined(ONE_CATEGORY, round(n))
    kappa, influence = _kappa(shares)
    half = Z95 * np.sqrt((shares * influence**2).sum() / n)
    interval = (float(max(-1, kappa - half)), float(min(1, kappa + half))) if half > 1e-12 else None
    return Estimate(float(kappa), interval, round(n))


def cohen_kappa_of_clusters(tables: ArrayLike) -> Estimate:
    """As `cohen_kappa`, from one table for each cluster (clusters, k, k): the clusters are the sampling units.

    The same influence of an item, summed within clusters, with Student's t (Särndal et al. 1992, section 4.2).
    """
    by_cluster = np.asarray(tables, dtype=float)
    table = by_cluster.sum(axis=0) if len(by_cluster) else np.zeros((2, 2))
    if (alone := cohen_kappa(table)).value is None:
        return alone
    n = table.sum()
    _, influence = _kappa(table / n)
    moved = (by_cluster * influence).sum(axis=(1, 2)) / n
    variance, df = sample_of(len(moved)).variance(moved)
    return Estimate(alone.value, t_interval(alone.value, variance, df, -1, 1), round(n))


def mean_kappa(items: ArrayLike, annotators: ArrayLike, labels: ArrayLike, *, common: int = 10) -> Estimate:
    """The mean of Cohen's κ over pairs of annotators with so many `common` items: Light 1971.

    Arguments (labels,), a row for each label, an annotator at most once an item; n is pairs of annotators. Pairs that
    used one category only have no κ and are left out. The interval takes items as sampling units, through the
    influence of each on all κ it is part of, and the annotators as given.
    """
    pairs, categories = _pairs_of(items, annotators, labels)
    tables = _tables(pairs, categories)
    shares = tables / np.maximum(tables.sum(axis=(1, 2), keepdims=True), 1)
    usable = (tables.sum(axis=(1, 2)) >= common) & (_expected(shares) < 1 - 1e-12)
    if not usable.any():
        return undefined(f"no two annotators have {common} items in common on which they use two categories")
    sizes, used = tables.sum(axis=(1, 2)), usable.sum()
    kappa, influence = _kappa(np.where(usable[:, np.newaxis, np.newaxis], shares, np.eye(categories) / categories))
    mean = float(kappa[usable].mean())

    u = usable[pairs.pair] * influence[pairs.pair, pairs.first, pairs.second] / (sizes[pairs.pair] * used)
    variance, df = sample_of(len(u), clusters=pairs.item).variance(u)
    return Estimate(mean, t_interval(mean, variance, df, -1, 1), int(used))


def _expected(shares: Floats) -> Floats:
    p_e: Floats = (shares.sum(axis=-1) * shares.sum(axis=-2)).sum(axis=-1)
    return p_e


def _kappa(shares: Floats) -> tuple[Floats, Floats]:
    """κ of tables of shares (…, q, q), and the influence [δ - p_o - (1-κ)(c_i + r_j - 2p_e)]/(1-p_e) of each cell."""
    rows, columns = shares.sum(axis=-1), shares.sum(axis=-2)
    p_o = np.trace(shares, axis1=-2, axis2=-1)[..., np.newaxis, np.newaxis]
    p_e = _expected(shares)[..., np.newaxis, np.newaxis]
    kappa = (p_o - p_e) / (1 - p_e)
    chance = columns[..., :, np.newaxis] + rows[..., np.newaxis, :] - 2 * p_e
    influence = (np.eye(shares.shape[-1]) - p_o - (1 - kappa) * chance) / (1 - p_e)
    return kappa[..., 0, 0], influence


def _pairs_of(items: ArrayLike, annotators: ArrayLike, labels: ArrayLike) -> tuple[_Pairs, int]:
    item, annotator = (np.unique(np.asarray(column), return_inverse=True)[1] for column in (items, annotators))
    categories, label = np.unique(np.asarray(labels), return_inverse=True)
    order = np.lexsort((annotator, item))
    item, annotator, label = item[order], annotator[order], label[order]
    columns = []
    for lag in range(1, np.bincount(item).max(initial=1)):
        same = np.flatnonzero(item[lag:] == item[:-lag])
        pair = annotator[same] * (annotator.max() + 1) + annotator[same + lag]
        columns.append(np.stack([item[same], pair, label[same], label[same + lag]]))
    together = np.concatenate(columns, axis=1) if columns else np.empty((4, 0), dtype=np.int64)
    together[1] = np.unique(together[1], return_inverse=True)[1]
    return _Pairs(*together), len(categories)


def _tables(pairs: _Pairs, categories: int) -> Floats:
    number = pairs.pair.max(initial=-1) + 1
    cell = (pairs.pair * categories + pairs.first) * categories + pairs.second
    return np.bincount(cell, minlength=number * categories**2).reshape(number, categories, categories).astype(float)
