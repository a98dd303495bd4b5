"""Where people disagree, and who with whom."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.filter.quality import FilterQuality, confusion
from stats.rates import wilson
from stats.sample import numbers, sample_of
from stats.votes import majority

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

NO_OTHERS = "nobody else has judged these items"


def entropy(counts: ArrayLike) -> Floats:
    """-Σ p log₂ p of the votes on each item, counts (items, categories), in bits (Shannon 1948); NaN without votes.

    0 where all agree, 1 where two categories split an item. With few votes it is coarse: sort by it, do not average it.
    """
    counts = np.asarray(counts, dtype=float)
    total = counts.sum(axis=1, keepdims=True)
    p = counts / np.maximum(total, 1)
    bits = -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=1)
    return np.where(total[:, 0] > 0, np.abs(bits), np.nan)


def contested(counts: ArrayLike, *, votes: int = 2) -> Codes:
    """Rows of items on which people disagree, of `votes` or more, the most contested first; among equals more votes."""
    counts = np.asarray(counts, dtype=float)
    bits, total = np.nan_to_num(entropy(counts)), counts.sum(axis=1)
    order = np.lexsort((-total, -np.round(bits, 9)))
    found: Codes = order[(bits[order] > 0) & (total[order] >= votes)]
    return found


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two annotators each: `common` items (annotators, annotators), and on how many they said the same."""

    annotators: NDArray[Any]
    common: Floats
    alike: Floats

    def agreement(self, one: int, other: int) -> Estimate:
        """Share alike of the common items, with the interval of Wilson 1927."""
        common = round(float(self.common[one, other]))
        return wilson(round(float(self.alike[one, other])), common) if common else undefined("no item in common")


def pairs(items: ArrayLike, annotators: ArrayLike, labels: ArrayLike) -> Pairs:
    """Who agrees with whom; arguments (labels,), an annotator at most once an item. The diagonal is an annotator's own
    items."""
    item, who, label, names = _coded(items, annotators, labels)
    order = np.argsort(item, kind="stable")
    item, who, label = item[order], who[order], np.unique(label[order], return_inverse=True)[1]
    n = len(names)
    common, alike = np.zeros((2, n, n))
    # Each label with the next one on the item, with the next but one, and so on: few steps, as items have few votes.
    for apart in range(1, np.bincount(item).max(initial=0)):
        together = item[apart:] == item[:-apart]
        pair = (who[:-apart] * n + who[apart:])[together]
        same = (label[apart:] == label[:-apart])[together]
        common += np.bincount(pair, minlength=n * n).reshape(n, n)
        alike += np.bincount(pair, weights=same, minlength=n * n).reshape(n, n)
    own = np.diag(np.bincount(who, minlength=n))
    return Pairs(names, common + common.T + own, alike + alike.T + own)


def lenience(
    items: ArrayLike, annotators: ArrayLike, yes: ArrayLike, *, weights: ArrayLike | None = None
) -> dict[Any, Estimate]:
    """By annotator, the mean over items of own yes less the share of yes among the item's others; arguments (labels,).

    Over 0 is more lenient than the others are on the same items. Items with nobody else are left out; they are the
    sampling units.
    """
    item, who, yes, names = _coded(items, annotators, np.asarray(yes, dtype=float))
    yes, w = np.asarray(yes, dtype=float), numbers(weights, len(item))
    all_yes, judged = np.bincount(item, yes), np.bincount(item)
    others = judged[item] - 1
    surplus = yes - (all_yes[item] - yes) / np.maximum(others, 1)
    found = {}
    for a, name in enumerate(names.tolist()):
        theirs = (who == a) & (others > 0)
        found[name] = sample_of(int(theirs.sum()), w[theirs]).mean(surplus[theirs], NO_OTHERS, -1, 1)
    return found


def quality_by_votes(
    yes: ArrayLike,
    judged: ArrayLike,
    kept: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    items: ArrayLike | None = None,
) -> dict[int, FilterQuality]:
    """The filter against the majority by the number of votes of an item, ties left out; arguments (rows,).

    The same filter reads differently at each number: a majority of few is wrong more often. See `latent_quality`.
    """
    yes, n, kept = np.asarray(yes, dtype=float), np.asarray(judged, dtype=np.int64), np.asarray(kept, dtype=bool)
    winner, times = majority(np.column_stack([n - yes, yes])).winner, numbers(items, len(n))
    found = {}
    for votes in np.unique(n[n > 0]).tolist():
        those = (n == votes) & (winner >= 0)
        w, h = (None if each is None else np.asarray(each)[those] for each in (weights, strata))
        found[votes] = confusion(kept[those], winner[those] == 1, w, h, items=times[those])
    return found


def _coded(
    items: ArrayLike, annotators: ArrayLike, labels: ArrayLike
) -> tuple[Codes, Codes, NDArray[Any], NDArray[Any]]:
    names, who = np.unique(np.asarray(annotators), return_inverse=True)
    return np.unique(np.asarray(items), return_inverse=True)[1], who, np.asarray(labels), names
