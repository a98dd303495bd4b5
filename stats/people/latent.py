"""The truth behind votes, by a model of annotators with a prior that is fit for studies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from stats.people.dawid_skene import Consensus, DawidSkene, consensus_of
from stats.people.em import Fit, Floats, Votes, encoded, fitted

# Labels a true category that the prior is worth, and what is added to those of all annotators together on and beside
# the diagonal: the lean says which of two mirrored fits is meant.
STRENGTH, LEAN = 10.0, (1.0, 0.5)


@dataclass(frozen=True, slots=True)
class Pooled:
    """Annotators with a Dirichlet prior worth `strength` labels a true category, given as all of them give theirs."""

    strength: float

    def confusion_of(self, given: Floats, before: Floats) -> Floats:
        everybody = DawidSkene(_lean(given.shape[-1])).confusion_of(given.sum(axis=-3, keepdims=True), before)
        return DawidSkene(self.strength * everybody).confusion_of(given, before)

    def priors_of(self, items: Floats) -> Floats:
        return DawidSkene(items=1.0).priors_of(items)


def latent_truth(
    items: ArrayLike,
    annotators: ArrayLike,
    labels: ArrayLike,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 5000,
) -> Consensus:
    """Dawid and Skene 1979 with Dirichlet priors (Raykar et al. 2010), to convergence; arguments (labels,).

    The prior of an annotator is worth STRENGTH labels a true category and has the mean of all annotators, learned
    along (empirical Bayes): with few labels an annotator, the model as published is too sure. Without items of three
    votes the data hardly tell truth from habit, and it rests on the prior. Assumed: annotators err independently, given
    the truth; an item that is hard for all breaks this.
    """
    names, votes = encoded(items, annotators, labels)
    once = np.ones((1, votes.items))
    fit = latent_fit(votes, once, votes.shares(), tolerance=tolerance, max_iterations=max_iterations)
    return consensus_of(names, fit)


def latent_fit(votes: Votes, weights: Floats, start: Floats, *, tolerance: float, max_iterations: int) -> Fit:
    """As above for resamples in which items count `weights` (resamples, items) times, from `start` as in `fitted`."""
    return fitted(votes, Pooled(STRENGTH), weights, start, tolerance=tolerance, max_iterations=max_iterations)


def _lean(categories: int) -> Floats:
    right, wrong = LEAN
    return np.full((categories, categories), wrong) + (right - wrong) * np.eye(categories)
