"""Where one further vote is worth most: on the items whose truth it can still change.

Such votes are asked because of what was said before, so they may enter only the latent truth and adjudication: in a
majority or in agreement they would be a bias.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Further:
    """`items` are places in the arrays given, the one where a vote is worth most first; `worth` is theirs, in bits."""

    items: NDArray[np.int64]
    worth: Floats


def entropy(chances: ArrayLike) -> Floats:
    """Shannon 1948, in bits, over the last axis."""
    p = np.asarray(chances, dtype=float)
    bits: Floats = -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=-1)
    return bits


def vote_posteriors(counts: ArrayLike, priors: ArrayLike, confusion: ArrayLike) -> Floats:
    """What an item's votes say of its truth, if annotators err alike and independently: Bayes' rule.

    `counts` (items, categories) of votes, `priors` (categories,), `confusion` (true category, label given). A fitted
    model of annotators, as `dawid_skene`, says it better; this is for studies too small to fit one.
    """
    counts, priors = np.asarray(counts, dtype=float), np.asarray(priors, dtype=float)
    chances = np.log(np.maximum(np.asarray(confusion, dtype=float), NOTHING))
    joint = counts @ chances.T + np.log(np.maximum(priors, NOTHING))
    unscaled = np.exp(joint - joint.max(axis=1, keepdims=True))
    posteriors: Floats = unscaled / unscaled.sum(axis=1, keepdims=True)
    return posteriors


def vote_worth(posteriors: ArrayLike, confusion: ArrayLike) -> Floats:
    """Bits that one further vote is expected to tell of each item's truth: the mutual information (Lindley 1956).

    H(vote) - Σ posterior·H(vote given the truth), for `posteriors` (items, categories) and the `confusion` (true
    category, label given) of who would be asked. A contested item is not worth a vote of somebody who guesses.
    """
    posteriors, confusion = np.asarray(posteriors, dtype=float), np.asarray(confusion, dtype=float)
    return np.maximum(entropy(posteriors @ confusion) - posteriors @ entropy(confusion), 0.0)


def further_votes(
    posteriors: ArrayLike, confusion: ArrayLike, may_ask: ArrayLike, wanted: int, *, rng: np.random.Generator
) -> Further:
    """Up to `wanted` items, each once, of those where somebody `may_ask` (items,); ties in random order.

    Items that a vote can tell nothing of are left out, so there may be fewer, or none.
    """
    worth = np.where(np.asarray(may_ask, dtype=bool), vote_worth(posteriors, confusion), 0.0)
    # Rounded, as items alike differ by rounding errors and would come in the order of their ids.
    order = np.lexsort((rng.random(len(worth)), -np.round(worth, 9)))
    chosen = order[: max(wanted, 0)]
    chosen = chosen[worth[chosen] > NOTHING]
    return Further(chosen, worth[chosen])
