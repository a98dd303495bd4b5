"""Labels out of votes that weigh annotators by how well they do."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.people.em import TINY, Fit, Floats, Model, Votes, encoded, fitted


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
        labels: NDArray[Any] = self.categories[self.posteriors.argmax(axis=1)]
        return labels


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """Dawid and Skene 1979, eqs. 2.3 and 2.4, with Dirichlet priors: `pseudo` labels join those given by each annotator

    (broadcast to annotators, true category, label), and `items` join those of each category.
    """

    pseudo: Floats | float = 0.0
    items: float = 0.0

    def confusion_of(self, given: Floats, before: Floats) -> Floats:
        given = given + self.pseudo
        total = given.sum(axis=-1, keepdims=True)
        # Of a category that an annotator never met, nothing is known: each label is as likely.
        return np.where(total > 0, given / np.maximum(total, TINY), 1 / given.shape[-1])

    def priors_of(self, items: Floats) -> Floats:
        items = items + self.items
        priors: Floats = items / items.sum(axis=-1, keepdims=True)
        return priors


class OneCoin(DawidSkene):
    def confusion_of(self, given: Floats, before: Floats) -> Floats:
        categories = given.shape[-1]
        right = np.trace(given, axis1=-2, axis2=-1) / given.sum(axis=(-1, -2))
        wrong = (1 - right) / max(categories - 1, 1)
        right, wrong = right[..., np.newaxis, np.newaxis], wrong[..., np.newaxis, np.newaxis]
        return np.where(np.eye(categories, dtype=bool), right, wrong)


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
    annotator's confusion matrix: with few labels an annotator, 0 as published claims certainty where there is none; see
    `latent_truth` for a prior that is fit for studies. Assumed: annotators err independently, given the true category.
    """
    names, votes = encoded(items, annotators, labels)
    return consensus_of(names, _fit(votes, DawidSkene(smoothing), tolerance, max_iterations))


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
    names, votes = encoded(items, annotators, labels)
    return consensus_of(names, _fit(votes, OneCoin(), tolerance, max_iterations))


def consensus_of(names: list[NDArray[Any]], fit: Fit) -> Consensus:
    """Of the first resample."""
    items, annotators, categories = names
    return Consensus(
        items=items,
        annotators=annotators,
        categories=categories,
        posteriors=fit.posteriors[0].T,
        priors=fit.priors[0],
        confusion=fit.confusion[0],
        accuracy=fit.accuracy()[0],
        log_likelihood=float(fit.log_likelihood[0]),
        iterations=fit.iterations,
        converged=bool(fit.converged[0]),
    )


def _fit(votes: Votes, model: Model, tolerance: float, max_iterations: int) -> Fit:
    once = np.ones((1, votes.items))
    return fitted(votes, model, once, votes.shares(), tolerance=tolerance, max_iterations=max_iterations)
