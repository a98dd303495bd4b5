"""MACE: who knows the truth says it, who does not says something of their own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from stats.people.dawid_skene import Consensus, consensus_of
from stats.people.em import Floats, encoded, expected, fitted


@dataclass(frozen=True, slots=True)
class Mace:
    """P(label | truth) = c·1(label = truth) + (1 - c)·s(label): competence c, and habit s where one does not know."""

    smoothing: float

    def confusion_of(self, given: Floats, before: Floats) -> Floats:
        right = np.diagonal(before, axis1=-2, axis2=-1)
        # A habit is alike for each truth, so beside the diagonal it stands alone.
        habit = np.diagonal(np.roll(before, 1, axis=-2), axis1=-2, axis2=-1)
        knew = np.diagonal(given, axis1=-2, axis2=-1) * (right - habit) / right
        guessed = given.sum(axis=-2) - knew
        competence = (knew.sum(axis=-1) + self.smoothing) / (given.sum(axis=(-1, -2)) + 2 * self.smoothing)
        return confusion(competence, guessed + self.smoothing)

    def priors_of(self, items: Floats) -> Floats:
        return np.full_like(items, 1 / items.shape[-1])


def mace(
    items: ArrayLike,
    annotators: ArrayLike,
    labels: ArrayLike,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 5000,
) -> Consensus:
    """Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013 by EM from half competence, smoothed by 0.01/categories.

    Arguments (labels,), a row for each label. Each category is as likely a truth. See `competence`.
    """
    names, votes = encoded(items, annotators, labels)
    if votes.categories == 1:
        raise ValueError("all labels are alike: nothing tells who knows from who does not")
    model = Mace(0.01 / votes.categories)
    habit = np.asarray(votes.labels_of() + model.smoothing, dtype=float)
    start = confusion(np.full(votes.annotators, 0.5), habit)[np.newaxis]
    uniform = np.full((1, votes.categories), 1 / votes.categories)
    posteriors, _ = expected(uniform, start, votes)
    once = np.ones((1, votes.items))
    fit = fitted(votes, model, once, posteriors, start, tolerance=tolerance, max_iterations=max_iterations)
    return consensus_of(names, fit)


def competence(consensus: Consensus) -> Floats:
    """Of a MACE fit, the share of labels each annotator gave knowing the truth: (annotators,)."""
    return consensus.confusion[:, 0, 0] - consensus.confusion[:, 1, 0]


def confusion(competence: Floats, habit: Floats) -> Floats:
    habit = habit / habit.sum(axis=-1, keepdims=True)
    knowing = competence[..., np.newaxis, np.newaxis]
    return knowing * np.eye(habit.shape[-1]) + (1 - knowing) * habit[..., np.newaxis, :]
