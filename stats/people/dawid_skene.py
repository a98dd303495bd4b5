"""Labels out of votes that weigh annotators by how well they do: expectation maximisation over long labels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the labels say of items, categories and annotators, each in sorted order.

    `posteriors` (items, categories), `priors` (categories,), `confusion` (annotators, true category, label given),
    `accuracy` (annotators,) is the share of right labels to be expected of an annotator at these priors.
    """

    items: NDArray[Any]
    annotators: NDArray[Any]
    categories: NDArray[Any]
    posteriors: Floats
    priors: Floats
    confusion: Floats
    accuracy: Floats
    log_likelihood: float
    iterations: int
    converged: bool

    def labels(self) -> NDArray[Any]:
        """The most probable category of each item; the lowest where two are equally so."""
        return self.categories[self.posteriors.argmax(axis=1)]


@dataclass(frozen=True, slots=True)
class _Votes:
    """Each label as codes; `cell` numbers annotator and label together."""

    item: Codes
    cell: Codes
    items: int
    annotators: int
    categories: int


def dawid_skene(
    items: ArrayLike,
    annotators: ArrayLike,
    labels: ArrayLike,
    *,
    smoothing: float = 0.0,
    tolerance: float = 1e-10,
    max_iterations: int = 2000,
) -> Consensus:
    """Dawid and Skene 1979, eqs. 2.3 to 2.5, from the shares of the votes; arguments (labels,), a row for each label.

    It ends when the log-likelihood grows by less than `tolerance` of itself. `smoothing` is added to each cell of an
    annotator's confusion matrix: with few labels an annotator, 0 as published claims certainty where there is none.
    Assumed: annotators err independently, given the true category.
    """

    def confusion_of(given: Floats) -> Floats:
        given = given + smoothing
        labels_given = given.sum(axis=2, keepdims=True)
        # Of a category that an annotator never met, nothing is known: each label is as likely.
        return np.where(labels_given > 0, given / np.maximum(labels_given, TINY), 1 / given.shape[2])

    return _fitted(items, annotators, labels, confusion_of, tolerance=tolerance, max_iterations=max_iterations)


def one_coin(
    items: ArrayLike,
    annotators: ArrayLike,
    labels: ArrayLike,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 2000,
) -> Consensus:
    """The one-coin form (Zhang, Chen, Zhou and Jordan 2016): one accuracy an annotator, errors spread evenly.

    Arguments (labels,), a row for each label; steadier than `dawid_skene` with few labels an annotator.
    """

    def confusion_of(given: Floats) -> Floats:
        categories = given.shape[1]
        right = np.trace(given, axis1=1, axis2=2) / given.sum(axis=(1, 2))
        wrong = (1 - right) / max(categories - 1, 1)
        right, wrong = right[:, np.newaxis, np.newaxis], wrong[:, np.newaxis, np.newaxis]
        return np.where(np.eye(categories, dtype=bool), right, wrong)

    return _fitted(items, annotators, labels, confusion_of, tolerance=tolerance, max_iterations=max_iterations)


def _fitted(
    items: ArrayLike,
    annotators: ArrayLike,
    labels: ArrayLike,
    confusion_of: Callable[[Floats], Floats],
    *,
    tolerance: float,
    max_iterations: int,
) -> Consensus:
    names, votes = _encoded(items, annotators, labels)
    if not len(votes.item):
        raise ValueError("there are no labels to learn from")
    posteriors = _vote_shares(votes)
    before, converged, iteration = -np.inf, False, 0
    while not converged and iteration < max_iterations:
        iteration += 1
        priors = posteriors.mean(axis=0)
        confusion = confusion_of(_labels_given(posteriors, votes))
        posteriors, log_likelihood = _expected(priors, confusion, votes)
        converged = abs(log_likelihood - before) <= tolerance * abs(log_likelihood)
        before = log_likelihood
    accuracy = np.einsum("k,akk->a", priors, confusion)
    return Consensus(*names, posteriors, priors, confusion, accuracy, log_likelihood, iteration, converged)


def _encoded(items: ArrayLike, annotators: ArrayLike, labels: ArrayLike) -> tuple[list[NDArray[Any]], _Votes]:
    columns = [np.unique(np.asarray(column), return_inverse=True) for column in (items, annotators, labels)]
    names, (item, annotator, label) = [name for name, _ in columns], [code for _, code in columns]
    # In the order of items the sums below walk through memory once.
    order = np.argsort(item, kind="stable")
    cell = (annotator * len(names[2]) + label)[order]
    return names, _Votes(item[order], cell, *(len(name) for name in names))


def _vote_shares(votes: _Votes) -> Floats:
    label = votes.cell % votes.categories
    cells = votes.items * votes.categories
    counts = np.bincount(votes.item * votes.categories + label, minlength=cells).reshape(votes.items, -1)
    return counts / counts.sum(axis=1, keepdims=True)


def _labels_given(posteriors: Floats, votes: _Votes) -> Floats:
    """How many labels each annotator is expected to have given to items of each true category."""
    cells = votes.annotators * votes.categories
    given = [np.bincount(votes.cell, column[votes.item], cells) for column in posteriors.T]
    return np.stack(given).reshape(votes.categories, votes.annotators, votes.categories).transpose(1, 0, 2)


def _expected(priors: Floats, confusion: Floats, votes: _Votes) -> tuple[Floats, float]:
    """Posteriors by Bayes' rule, and the log-likelihood of the labels."""
    log_confusion = np.log(np.maximum(confusion, TINY))
    by_label = [
        np.bincount(votes.item, log_confusion[:, k].ravel()[votes.cell], votes.items) for k in range(len(priors))
    ]
    joint = np.stack(by_label, axis=1) + np.log(np.maximum(priors, TINY))
    top = joint.max(axis=1, keepdims=True)
    unscaled = np.exp(joint - top)
    evidence = unscaled.sum(axis=1, keepdims=True)
    return unscaled / evidence, float((top + np.log(evidence)).sum())
