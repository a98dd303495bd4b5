"""Expectation maximisation over votes, for one fit or many resamples of the items at once."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.sums import sums

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Bools = NDArray[np.bool_]

TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Votes:
    """Each label as codes in the order of items, all of which have one; `cell` numbers annotator and label together."""

    item: Codes
    cell: Codes
    items: int
    annotators: int
    categories: int

    @property
    def label(self) -> Codes:
        return self.cell % self.categories

    def by_one(self) -> "Votes":
        """As if one annotator had given all labels."""
        return replace(self, cell=self.label, annotators=1)

    def counts(self) -> Floats:
        """(items, categories)"""
        cells = self.items * self.categories
        counts: Floats = sums(self.item * self.categories + self.label, np.ones(len(self.item)), cells)
        return counts.reshape(self.items, -1)

    def shares(self) -> Floats:
        """Of the votes on each item: (1, categories, items), where a fit may start."""
        counts = self.counts()
        shares: Floats = (counts / counts.sum(axis=1, keepdims=True)).T[np.newaxis]
        return shares

    def labels_of(self) -> Codes:
        """How often each annotator gave each label: (annotators, categories)."""
        return np.bincount(self.cell, minlength=self.annotators * self.categories).reshape(self.annotators, -1)


class Model(Protocol):
    """Arrays start with the axis of resamples; `given` (…, annotators, true category, label) are expected labels."""

    def confusion_of(self, given: Floats, before: Floats) -> Floats: ...

    def priors_of(self, items: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Fit:
    """`posteriors` (resamples, categories, items), `priors` (resamples, categories), `log_likelihood` (resamples,).

    `confusion` is (resamples, annotators, true category, label given).
    """

    posteriors: Floats
    priors: Floats
    confusion: Floats
    log_likelihood: Floats
    iterations: int
    converged: Bools

    def accuracy(self) -> Floats:
        """Share of right labels to be expected of each annotator at the priors: (resamples, annotators)."""
        accuracy: Floats = np.einsum("dk,dakk->da", self.priors, self.confusion)
        return accuracy


def encoded(items: ArrayLike, annotators: ArrayLike, labels: ArrayLike) -> tuple[list[NDArray[Any]], Votes]:
    """Names of items, annotators and categories in sorted order, and their labels; arguments (labels,)."""
    columns = [np.unique(np.asarray(column), return_inverse=True) for column in (items, annotators, labels)]
    names, (item, annotator, label) = [name for name, _ in columns], [code for _, code in columns]
    if not len(item):
        raise ValueError("there are no labels to learn from")
    # In the order of items the sums below walk through memory once.
    order = np.argsort(item, kind="stable")
    cell = (annotator * len(names[2]) + label)[order]
    return names, Votes(item[order], cell, *(len(name) for name in names))


def fitted(
    votes: Votes,
    model: Model,
    weights: Floats,
    posteriors: Floats,
    confusion: Floats | None = None,
    *,
    tolerance: float,
    max_iterations: int,
) -> Fit:
    """From `posteriors` (1 or resamples, categories, items); an item counts `weights` (resamples, items) times.

    A resample ends when its log-likelihood moves by at most `tolerance` of itself; the others go on.
    """
    resamples = len(weights)
    posteriors = np.broadcast_to(posteriors, (resamples, *posteriors.shape[1:])).copy()
    priors, likelihood = np.empty(posteriors.shape[:2]), np.full(resamples, -np.inf)
    confusions = np.empty((resamples, votes.annotators, votes.categories, votes.categories))
    confusions[:] = np.nan if confusion is None else confusion
    going, iteration = np.arange(resamples), 0
    while len(going) and iteration < max_iterations:
        iteration += 1
        counted = posteriors[going] * weights[going, np.newaxis]
        priors[going] = model.priors_of(counted.sum(axis=2))
        confusions[going] = model.confusion_of(labels_given(counted, votes), confusions[going])
        posteriors[going], evidence = expected(priors[going], confusions[going], votes)
        last, likelihood[going] = likelihood[going], (weights[going] * evidence).sum(axis=1)
        going = going[~(np.abs(likelihood[going] - last) <= tolerance * np.abs(likelihood[going]))]
    converged = ~np.isin(np.arange(resamples), going)
    return Fit(posteriors, priors, confusions, likelihood, iteration, converged)


def labels_given(counted: Floats, votes: Votes) -> Floats:
    """How many labels each annotator is expected to have given to items of each true category."""
    resamples, categories, _ = counted.shape
    cells = votes.annotators * votes.categories
    place = np.arange(resamples * categories)[:, np.newaxis] * cells + votes.cell
    given = sums(place.ravel(), counted[:, :, votes.item].ravel(), resamples * categories * cells)
    return given.reshape(resamples, categories, votes.annotators, votes.categories).transpose(0, 2, 1, 3)


def expected(priors: Floats, confusion: Floats, votes: Votes) -> tuple[Floats, Floats]:
    """Posteriors by Bayes' rule, and the log-likelihood of each item's labels: (resamples, items)."""
    resamples, categories = priors.shape
    starts = np.searchsorted(votes.item, np.arange(votes.items))
    by_cell = np.log(np.maximum(confusion, TINY)).transpose(0, 2, 1, 3).reshape(resamples, categories, -1)
    joint = np.add.reduceat(by_cell[:, :, votes.cell], starts, axis=2)
    joint += np.log(np.maximum(priors, TINY))[:, :, np.newaxis]
    top = joint.max(axis=1, keepdims=True)
    unscaled = np.exp(joint - top)
    evidence = unscaled.sum(axis=1, keepdims=True)
    return unscaled / evidence, (top + np.log(evidence))[:, 0]


def grouped(votes: Votes, *columns: NDArray[Any]) -> tuple[Votes, Codes]:
    """Items alike in their votes and in `columns` (items,) as one each, and the group of every item."""
    order = np.lexsort((votes.cell, votes.item))
    item, cell = votes.item[order], votes.cell[order]
    place = np.arange(len(item)) - np.searchsorted(item, np.arange(votes.items))[item]
    pattern = np.full((votes.items, place.max() + 1), -1)
    pattern[item, place] = cell
    alike = [np.unique(column, return_inverse=True)[1] for column in columns]
    _, first, group = np.unique(np.column_stack([pattern, *alike]), axis=0, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    shown = np.isin(item, first)
    item, cell = group[item[shown]], cell[shown]
    order = np.argsort(item, kind="stable")
    return replace(votes, item=item[order], cell=cell[order], items=len(first)), group
