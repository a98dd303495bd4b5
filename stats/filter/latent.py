"""The filter against the truth behind people's votes, which a model of annotators estimates without the filter."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.filter.quality import NOTHING_IMPLAUSIBLE, NOTHING_KEPT, NOTHING_PLAUSIBLE, NOTHING_REJECTED
from stats.people.em import Bools, Fit, Floats, Votes, grouped
from stats.people.latent import latent_fit
from stats.rates import NO_JUDGMENTS
from stats.resampling import DRAWS, corrected_interval, redrawn
from stats.sample import Sample, sample_of
from stats.sums import sums

# Until so many items have three votes, nothing tells what is true from what annotators tend to say.
FEWEST, VOTES = 30, 3
TOO_FEW = f"fewer than {FEWEST} items have {VOTES} votes"
ALL_ALIKE = "all votes are alike"
# Resamples are fitted together while their labels fit into the memory of a small machine.
AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class LatentQuality:
    """The filter and the people against the same truth; `gap` is the people's accuracy less the filter's.

    `plausible` is the share that is truly plausible, `by_annotator` the accuracy of each. n is items, and of an
    annotator the labels. `resamples` were fitted, of which `unfinished` did not converge.
    """

    accuracy: Estimate
    precision: Estimate
    recall: Estimate
    specificity: Estimate
    false_rejection_rate: Estimate
    plausible: Estimate
    people: Estimate
    gap: Estimate
    by_annotator: dict[Any, Estimate]
    resamples: int = 0
    unfinished: int = 0

    def as_dict(self) -> dict[str, object]:
        leaves = {name: getattr(self, name).as_dict() for name in FIGURES}
        people = {str(name): each.as_dict() for name, each in self.by_annotator.items()}
        return {**leaves, "by_annotator": people, "resamples": self.resamples, "unfinished": self.unfinished}


FIGURES = tuple(field.name for field in fields(LatentQuality) if field.type is Estimate)
WITHOUT = {
    "precision": NOTHING_KEPT,
    "recall": NOTHING_PLAUSIBLE,
    "specificity": NOTHING_IMPLAUSIBLE,
    "false_rejection_rate": NOTHING_REJECTED,
}


@dataclass(frozen=True, slots=True)
class _Judged:
    """Items with votes, those alike as one row."""

    votes: Votes
    kept: Bools
    sample: Sample
    kept_share: float | None


def latent_quality(
    items: ArrayLike,
    annotators: ArrayLike,
    plausible: ArrayLike,
    kept: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    kept_share: float | None = None,
    draws: int = DRAWS,
    rng: np.random.Generator,
) -> LatentQuality:
    """Votes (labels,) of items 0, 1, … and what is known of these, (items,): kept, weight, stratum, co-buy.

    The model of annotators is `latent_truth`, of the items as drawn. The truth among the kept (and the rejected) is the
    share p with the greatest likelihood Σ w·log(p·P(votes | yes) + (1 - p)·P(votes | no)), the annotators given: the
    three-step estimate of Vermunt 2010. The mean posterior would pull a good filter towards chance, as it knows
    nothing of what the filter saw. With the `kept_share` of the whole run, accuracy and recall use it. Intervals: BC of
    Efron 1987 from resamples of items or co-buys within strata, each refitted with its annotators.
    """
    kept = np.asarray(kept, dtype=bool)
    sample = sample_of(len(kept), weights, strata, clusters=clusters)
    names, judged = _judged((items, annotators, plausible), kept, sample, kept_share)
    if reason := _undefined_because(judged):
        nothing: dict[str, Any] = dict.fromkeys(FIGURES, undefined(reason, judged.sample.size()))
        return LatentQuality(**nothing, by_annotator={})
    once = judged.sample.items[np.newaxis]
    fit = latent_fit(judged.votes, once, judged.votes.shares(), tolerance=1e-10, max_iterations=5000)
    values, (among, unfinished) = _figures(fit, once, judged)[0], _refitted(judged, fit, draws, rng)
    sizes = np.r_[np.full(len(FIGURES), judged.sample.size()), _labels(judged)]
    reasons = [WITHOUT.get(name, "") for name in FIGURES] + [""] * len(names)
    found = [_estimate(*each) for each in zip(values, among, sizes, reasons, strict=True)]
    by_annotator = dict(zip(names.tolist(), found[len(FIGURES) :], strict=True))
    figures: dict[str, Any] = dict(zip(FIGURES, found, strict=False))
    return LatentQuality(**figures, by_annotator=by_annotator, resamples=draws, unfinished=unfinished)


def _refitted(judged: _Judged, fit: Fit, draws: int, rng: np.random.Generator) -> tuple[Floats, int]:
    """The figures by resample (figures, draws), and how many resamples did not converge."""
    resampled, unfinished = [], 0
    for some in _parts(redrawn(judged.sample, draws, rng), len(judged.votes.item)):
        again = latent_fit(judged.votes, some, fit.posteriors, tolerance=1e-7, max_iterations=1000)
        resampled.append(_figures(again, some, judged))
        unfinished += int((~again.converged).sum())
    return np.concatenate(resampled).T, unfinished


def _judged(
    labels: tuple[ArrayLike, ArrayLike, ArrayLike], kept: Bools, sample: Sample, kept_share: float | None
) -> tuple[NDArray[Any], _Judged]:
    items, annotators, plausible = labels
    having, item = np.unique(np.asarray(items, dtype=np.int64), return_inverse=True)
    names, annotator = np.unique(np.asarray(annotators), return_inverse=True)
    order = np.argsort(item, kind="stable")
    cell = (2 * annotator + np.asarray(plausible, dtype=bool))[order]
    votes = Votes(item[order], cell, len(having), len(names), 2)
    judged = np.isin(np.arange(len(kept)), having)
    kept, sample = kept[judged], sample.where(judged)
    if sample.unit is None and len(having):
        votes, group = grouped(votes, kept, sample.weights, sample.stratum)
        first = np.unique(group, return_index=True)[1]
        size = np.bincount(group, sample.items)
        kept, sample = kept[first], sample_of(len(first), sample.weights[first], sample.stratum[first], items=size)
    return names, _Judged(votes, kept, sample, kept_share)


def _undefined_because(judged: _Judged) -> str:
    if not len(judged.votes.item):
        return NO_JUDGMENTS
    if len(np.unique(judged.votes.label)) == 1:
        return ALL_ALIKE
    enough = np.bincount(judged.votes.item) >= VOTES
    return TOO_FEW if judged.sample.size(enough) < FEWEST else ""


def _parts(drawn: Floats, labels: int) -> list[Floats]:
    return np.array_split(drawn, max(1, min(len(drawn), round(len(drawn) * labels * 2 / AT_ONCE))))


def _figures(fit: Fit, items: Floats, judged: _Judged) -> Floats:
    """In the order of FIGURES, then the annotators' accuracy: (resamples, figures). NaN where undefined."""
    weighed = items * judged.sample.weights
    likelihood = fit.posteriors / fit.priors[:, :, np.newaxis]
    yes_if_kept, yes_if_not = (_share_of_yes(likelihood, weighed * among) for among in (judged.kept, ~judged.kept))
    share = (weighed @ judged.kept) / weighed.sum(axis=1) if judged.kept_share is None else judged.kept_share
    hits, misses = share * yes_if_kept, (1 - share) * yes_if_not
    hits, misses = np.where(share > 0, hits, 0), np.where(share < 1, misses, 0)
    plausible = hits + misses
    accuracy = hits + (1 - share) - misses
    right = np.einsum("dakk->dak", fit.confusion)
    of_annotators = right[..., 0] * (1 - plausible[:, np.newaxis]) + right[..., 1] * plausible[:, np.newaxis]
    labels = _labels(judged)
    people = of_annotators @ labels / labels.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, specificity = hits / plausible, ((1 - share) - misses) / (1 - plausible)
    figures = (accuracy, yes_if_kept, recall, specificity, yes_if_not, plausible, people, people - accuracy)
    return np.column_stack([*figures, of_annotators])


def _share_of_yes(likelihood: Floats, weights: Floats) -> Floats:
    """argmax over p of Σ w log(p·L_yes + (1 - p)·L_no), by halving where its slope changes sign: (resamples,)."""
    no, yes = likelihood[:, 0], likelihood[:, 1]
    ground, rise = no / (no + yes), (yes - no) / (no + yes)
    low, high = np.zeros(len(weights)), np.ones(len(weights))
    for _ in range(40):
        middle = (low + high) / 2
        rising = (weights * rise / (ground + middle[:, np.newaxis] * rise)).sum(axis=1) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return np.where(weights.any(axis=1), (low + high) / 2, np.nan)


def _labels(judged: _Judged) -> Floats:
    """How many each annotator gave."""
    votes = judged.votes
    return sums(votes.cell // 2, judged.sample.items[votes.item], votes.annotators)


def _estimate(value: float, draws: Floats, n: float, reason: str) -> Estimate:
    if np.isnan(value):
        return undefined(reason, round(n))
    low, high = corrected_interval(float(value), draws[~np.isnan(draws)])
    return Estimate(float(value), (low, high) if low < high else None, round(n))
