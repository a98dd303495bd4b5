"""The filter against the majority of people like the annotators: items and annotators are both drawn from more.

What is estimated is how the filter does against the majority of as many people like them as an item has. The truth of
an item is no label of one annotator, so each label counts by what it moves: the truth as it is, less what it would be
with the vote of another of the item's annotators in its place. That is Hájek's projection (1968) on who was asked.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.crossed import ONE_ANNOTATOR, share_bounds
from stats.estimate import Estimate, undefined
from stats.filter.complete import FEWEST_COMPLETE, majority_truth
from stats.filter.quality import TIED, parts
from stats.sample import Sample, coded
from stats.sums import sums

Floats = NDArray[np.float64]

FIGURES = ("accuracy", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Ballots:
    """Of annotator `who` so many `labels` alike (rows,): `own` says plausible, as `yes` of the item's `judged` do.

    `kept` is the filter's verdict on these items, and each of them stands for `weights` items of the run.
    """

    who: NDArray[np.int64] | NDArray[np.str_]
    own: NDArray[np.bool_]
    yes: NDArray[np.int64]
    judged: NDArray[np.int64]
    kept: NDArray[np.bool_]
    weights: Floats
    labels: Floats


def people_quality(
    yes: ArrayLike, judged: ArrayLike, kept: ArrayLike, sample: Sample, ballots: Ballots
) -> dict[str, Estimate]:
    """By FIGURES; of complete items, `yes` of the `judged` annotators of each found it plausible (rows,).

    The value is that of `confusion`, the variance V_item + V_annotator - V_label, never under the larger one-way one
    (Cameron, Gelbach and Miller 2011), with Student's t of min(items, annotators) - 1. n is labels.
    """
    truth, keep = majority_truth(yes, judged), np.asarray(kept, dtype=float)
    labels = round(float(ballots.labels.sum()))
    if reason := _undefined_because(sample, ballots):
        return dict.fromkeys(FIGURES, undefined(reason, labels))
    found = parts(keep, truth)
    return {name: _figure(name, found[name], sample, ballots) for name in FIGURES}


def moved(own: ArrayLike, yes: ArrayLike, judged: ArrayLike) -> Floats:
    """What a vote does to the majority of its item, less what that of another of its annotators would do (labels,).

    A vote alone on its item is held against one half: what that leaves out is the same for all who said so.
    """
    own, yes, judged = (np.asarray(each, dtype=float) for each in (own, yes, judged))
    otherwise = np.where(own > 0, judged - yes, yes)
    share = np.where(judged > 1, otherwise / np.maximum(judged - 1, 1), TIED)
    with_yes, with_no = (majority_truth(yes - own + vote, judged) for vote in (1, 0))
    effect: Floats = np.where(own > 0, 1, -1) * share * (with_yes - with_no)
    return effect


def _figure(name: str, of: tuple[Floats, Floats, str], sample: Sample, ballots: Ballots) -> Estimate:
    right, among, reason = of
    total, labels = sample.total(among), round(float(ballots.labels.sum()))
    if not total > 0:
        return undefined(reason, labels)
    value = min(1.0, sample.total(right * among) / total)
    of_items = sample.variance(sample.weights * among * (right - value) / total, among > 0)[0]
    within = ballots.kept if name == "precision" else np.ones(len(ballots.kept))
    counts = {"accuracy": np.where(ballots.kept, 1.0, -1.0), "precision": within, "recall": ballots.kept - value}[name]
    effect = ballots.weights / total * counts * moved(ballots.own, ballots.yes, ballots.judged)
    of_annotators, of_labels, annotators = _ways(effect, ballots.weights / total * within, ballots)
    variance = max(of_items + of_annotators - of_labels, of_items, of_annotators)
    return Estimate(value, share_bounds(value, variance, min(annotators, sample.size(among > 0))), labels)


def _ways(effect: Floats, weights: Floats, ballots: Ballots) -> tuple[float, float, int]:
    """Variance clustered by annotator and by label, and how many annotators there are; around the mean effect, as what
    all do alike is no difference between people."""
    who, labels = coded(ballots.who), ballots.labels * (weights > 0)
    around = effect - weights * float(labels @ effect) / float(labels @ weights)
    by_annotator, n = sums(who, labels * around), labels.sum()
    annotators = int(np.count_nonzero(sums(who, labels)))
    of_annotators = annotators / max(annotators - 1, 1) * float((by_annotator**2).sum())
    return of_annotators, float(n / (n - 1) * (labels @ around**2)), annotators


def _undefined_because(sample: Sample, ballots: Ballots) -> str:
    if sample.size() < FEWEST_COMPLETE:
        return f"{sample.size()} items are complete, and {FEWEST_COMPLETE} are needed"
    return ONE_ANNOTATOR if len(np.unique(ballots.who)) < 2 else ""
