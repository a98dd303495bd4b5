"""Figures of people like the annotators: items and annotators are both drawn from more."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import NO_VARIANCE, Z95, score_interval, t95, t_interval
from stats.rates import NO_JUDGMENTS
from stats.sample import Sample, coded, numbers, sample_of

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

ONE_ANNOTATOR = "one annotator says nothing of people like them"
ONE_ITEM = "one item says nothing of items like it"
NO_ARM = "one side has no judgments"


@dataclass(frozen=True, slots=True)
class Crossed:
    """Who said each label, of what: (labels,); `stratum` is of the items' design."""

    item: Codes
    annotator: Codes
    stratum: Codes

    @property
    def fewest(self) -> int:
        return int(min(self.item.max(initial=-1), self.annotator.max(initial=-1))) + 1

    def variance(self, u: Floats, parameters: int = 1) -> tuple[float, float]:
        """Of Σu, u (labels,) being the influence of each label, and its degrees of freedom.

        V_item + V_annotator - V_both of Cameron, Gelbach and Miller 2011, but never less than the larger
        one-way variance; degrees of freedom min(items, annotators) - 1.
        """
        item, annotator, label = self.ways(u, parameters)
        return max(item + annotator - label, item, annotator), self.fewest - 1

    def ways(self, u: Floats, parameters: int = 1) -> tuple[float, float, float]:
        """Clustered by item, by annotator and by both: Σ(Σu)²·G/(G-1)·(n-1)/(n-k) as in statsmodels.

        Items of a stratified design count with what they differ from the mean of their stratum.
        """
        both = coded(self.item * (self.annotator.max() + 1) + self.annotator)
        of_items = float(sample_of(len(u), strata=self.stratum, clusters=self.item).variance(u)[0])
        scale = (len(u) - 1) / (len(u) - parameters)
        return scale * of_items, scale * _one_way(u, self.annotator), scale * _one_way(u, both)


def _one_way(u: Floats, cluster: Codes) -> float:
    return float(sample_of(len(u), clusters=cluster).variance(u)[0])


def crossed(items: ArrayLike, annotators: ArrayLike, strata: ArrayLike | None = None) -> Crossed:
    """Arguments (labels,); where co-buys were drawn, they are the items."""
    item = coded(items)
    return Crossed(item, coded(annotators), np.zeros(len(item), dtype=np.int64) if strata is None else coded(strata))


def crossed_rate(
    yes: ArrayLike,
    items: ArrayLike,
    annotators: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    strata: ArrayLike | None = None,
    among: ArrayLike | None = None,
) -> Estimate:
    """Σ w·yes / Σ w over labels, among those given, with items and annotators as sampling units; arguments (labels,).

    For an item to count once however many judged it, as in `hajek_rate`, its labels weigh 1/(π·labels). The interval is
    Wilson's at the effective size p(1-p)/V with Student's t; n is labels. Coverage in `benchmarks validity`.
    """
    said = np.asarray(yes, dtype=float)
    w = numbers(weights, len(said))
    within = np.ones(len(said), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    design = crossed(np.asarray(items)[within], np.asarray(annotators)[within], _of(strata, within))
    said, w = said[within], w[within]
    if reason := _undefined_because(design):
        return undefined(reason, len(said))
    share = float(w @ said / w.sum())
    variance, _ = design.variance(w * (said - share) / w.sum())
    return Estimate(share, share_bounds(share, variance, design.fewest), len(said))


def crossed_share(
    yes: ArrayLike, judged: ArrayLike, sample: Sample, label_weights: ArrayLike, yes_weights: ArrayLike
) -> Estimate:
    """As `crossed_rate`, with labels that weigh w/judged, from sums alone: `yes` of the `judged` labels of each item
    (rows,), and by annotator the weights of all their labels and of those that say yes (annotators,)."""
    yes, judged, within = np.asarray(yes, dtype=float), np.asarray(judged, dtype=float), np.asarray(judged) > 0
    yes, judged, sample = yes[within], judged[within], sample.where(within)
    of_all, of_yes = np.asarray(label_weights, dtype=float), np.asarray(yes_weights, dtype=float)
    labels, annotators = round(float(sample.items @ judged)), int(np.count_nonzero(of_all))
    if reason := _too_few(labels, annotators, sample.size()):
        return undefined(reason, labels)
    total = sample.total(np.ones(len(yes)))
    share = sample.total(yes / judged) / total
    each = sample.weights / judged / total
    of_items = sample.variance(sample.weights * (yes / judged - share) / total)[0]
    of_annotators = annotators / (annotators - 1) * float((((of_yes - share * of_all) / total) ** 2).sum())
    squares = each**2 * (yes * (1 - share) ** 2 + (judged - yes) * share**2)
    of_labels = labels / (labels - 1) * float(sample.items @ squares)
    variance = max(of_items + of_annotators - of_labels, of_items, of_annotators)
    return Estimate(share, share_bounds(share, variance, min(annotators, sample.size())), labels)


def share_bounds(share: float, variance: float, fewest: int) -> tuple[float, float]:
    """Wilson's at the effective size p(1-p)/V with Student's t; where all say the same, at that of the `fewest`."""
    if min(variance, share * (1 - share)) < NO_VARIANCE:
        low, high = score_interval(share, fewest, Z95)
    else:
        low, high = score_interval(share, share * (1 - share) / variance, t95(fewest - 1))
    return float(low), float(high)


def crossed_difference(
    yes: ArrayLike,
    arm: ArrayLike,
    items: ArrayLike,
    annotators: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    strata: ArrayLike | None = None,
) -> Estimate:
    """The rate where `arm` is True less the rate where it is not, as in `crossed_rate`; annotators may meet both.

    The variance is that of an ordinary regression on the arm with two-way clustered errors; n is labels.
    """
    yes, arm = np.asarray(yes, dtype=float), np.asarray(arm, dtype=bool)
    w = numbers(weights, len(yes))
    design = crossed(items, annotators, strata)
    if not len(yes) or arm.all() or not arm.any():
        return undefined(NO_ARM if len(yes) else NO_JUDGMENTS, len(yes))
    if reason := _undefined_because(design):
        return undefined(reason, len(yes))
    one, other = w * arm, w * ~arm
    p, q = one @ yes / one.sum(), other @ yes / other.sum()
    u = one * (yes - p) / one.sum() - other * (yes - q) / other.sum()
    return Estimate(float(p - q), t_interval(p - q, *design.variance(u, parameters=2), -1, 1), len(yes))


def wider_by(people: Estimate, annotators: Estimate) -> float | None:
    """How much wider the interval for people like them is than for these annotators; report both from a third on."""
    if not (people.ci95 and annotators.ci95):
        return None
    width, narrow = (ci95[1] - ci95[0] for ci95 in (people.ci95, annotators.ci95))
    return width / narrow - 1


def _of(strata: ArrayLike | None, within: NDArray[np.bool_]) -> NDArray[Any] | None:
    return None if strata is None else np.asarray(strata)[within]


def _undefined_because(design: Crossed) -> str:
    return _too_few(len(design.item), int(design.annotator.max(initial=-1)) + 1, int(design.item.max(initial=-1)) + 1)


def _too_few(labels: int, annotators: int, items: int) -> str:
    if not labels or not annotators:
        return NO_JUDGMENTS
    if annotators == 1:
        return ONE_ANNOTATOR
    return ONE_ITEM if items == 1 else ""
