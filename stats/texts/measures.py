"""How varied texts are. All of it depends on how many there are: compare figures of equal n only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.estimate import Estimate, undefined
from stats.intervals import t_interval
from stats.texts.words import Ints, Words, ngrams

Floats = NDArray[np.float64]
ORDER = 4  # of BLEU
SMOOTH = 0.1  # method 1 of Chen and Cherry 2014: a count of none is taken for this


def distinct(words: Words, n: int) -> float | None:
    """Different n-grams by all of them: distinct-n, Li et al. 2016. None where no text has one."""
    grams = ngrams(words, n).hashes
    return len(np.unique(grams)) / len(grams) if len(grams) else None


def self_bleu(words: Words) -> float | None:
    """Mean BLEU-4 of each text against all others (Zhu et al. 2018, Papineni et al. 2002): 1 where all are the same.

    None for fewer than two texts with words.
    """
    n = len(words.counts)
    if n < 2 or not words.counts.all():
        return None
    logs = np.zeros(n)
    for order in range(1, ORDER + 1):
        grams = ngrams(words, order)
        hits = _clipped(grams)
        logs += np.log(np.where(hits > 0, hits, SMOOTH) / np.maximum(grams.counts, 1)) / ORDER
    closest = _closest(words.counts)
    return float(np.mean(np.minimum(1, np.exp(1 - closest / words.counts)) * np.exp(logs)))


def vendi(similarity: Floats) -> float:
    """exp(-Σ λ ln λ) over the eigenvalues of K/n: the effective number of different texts (Friedman and Dieng 2023).

    `similarity` is (texts, texts), with ones on its diagonal.
    """
    values = np.linalg.eigvalsh(similarity / len(similarity))
    values = values[values > 1e-12]
    return float(np.exp(-np.sum(values * np.log(values))))


def word_similarity(words: Words) -> Floats:
    """Cosine of the counts of words and pairs of words, as in section 4.2 of the same paper: (texts, texts)"""
    n = len(words.counts)
    products, squares = np.zeros((n, n)), np.zeros(n)
    for gram, text, counts in _counted(words):
        squares += np.bincount(text, counts**2, n)
        # What one text alone has adds to its length and to no product.
        shared = np.bincount(gram)[gram] > 1 if len(gram) else np.zeros(0, bool)
        _, column = np.unique(gram[shared], return_inverse=True)
        table = np.zeros((n, int(column.max(initial=-1)) + 1), dtype=np.float32)
        table[text[shared], column] = counts[shared]
        products += table @ table.T
    norms = np.sqrt(np.where(squares > 0, squares, 1))
    similarity: Floats = products / np.outer(norms, norms)
    np.fill_diagonal(similarity, 1.0)
    return similarity


def likeness_to_first(words: Words) -> Floats:
    """The first row of `word_similarity`, without the others: (texts,)"""
    n = len(words.counts)
    products, squares = np.zeros(n), np.zeros(n)
    for gram, text, counts in _counted(words):
        own = np.zeros(int(gram.max(initial=-1)) + 1)
        own[gram[text == 0]] = counts[text == 0]
        products += np.bincount(text, counts * own[gram], n)
        squares += np.bincount(text, counts**2, n)
    norms = np.sqrt(np.where(squares > 0, squares, 1))
    return np.asarray(products / (norms * norms[0]), dtype=float)


def cosines(vectors: ArrayLike) -> Floats:
    """(texts, dimensions) -> (texts, texts); a text without anything is like itself alone."""
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(norms > 0, norms, 1)
    similarity = np.asarray(unit @ unit.T, dtype=float)
    np.fill_diagonal(similarity, 1.0)
    return similarity


def entropy(counts: ArrayLike) -> float | None:
    """-Σ p log₂ p, in bits: Shannon 1948. None where nothing was counted."""
    counts = np.asarray(counts, dtype=float)
    if not counts.sum():
        return None
    shares = counts[counts > 0] / counts.sum()
    return float(-np.sum(shares * np.log2(shares))) + 0.0


def over_draws(values: Sequence[float | None]) -> Estimate:
    """The mean over draws of n texts each, with Student's interval for what further draws would give."""
    known = np.array([value for value in values if value is not None])
    if len(known) < 2:
        return undefined("fewer than two draws", len(known))
    mean = float(known.mean())
    return Estimate(mean, t_interval(mean, float(known.var(ddof=1)) / len(known), len(known) - 1), len(known))


def _counted(words: Words) -> Iterator[tuple[Ints, Ints, Ints]]:
    """For words, then for pairs of words: which, in which text, how often; each once."""
    for order in (1, 2):
        grams = ngrams(words, order)
        _, code = np.unique(grams.hashes, return_inverse=True)
        pair, counts = np.unique(code * len(words.counts) + grams.texts, return_counts=True)
        yield pair // len(words.counts), pair % len(words.counts), counts


def _clipped(grams: Words) -> Floats:
    """Σ min(own count, the largest count in another text) over the n-grams of each text: (texts,)"""
    different, code = np.unique(grams.hashes, return_inverse=True)
    pair, counts = np.unique(code * len(grams.counts) + grams.texts, return_counts=True)
    gram, text = pair // len(grams.counts), pair % len(grams.counts)
    order = np.lexsort((-counts, gram))
    first = np.concatenate([[True], gram[order][1:] != gram[order][:-1]]) if len(order) else np.zeros(0, bool)
    most, second = np.zeros(len(different), np.int64), np.zeros(len(different), np.int64)
    most[gram[order][first]] = counts[order][first]
    following = np.flatnonzero(first) + 1
    following = following[(following < len(order)) & ~np.append(first, True)[following]]
    second[gram[order][following]] = counts[order][following]
    # Whose count is the largest is held against the second largest, which is the same where two have it.
    owner = np.zeros(len(different), np.int64)
    owner[gram[order][first]] = text[order][first]
    others = np.where(owner[gram] == text, second[gram], most[gram])
    return np.asarray(np.bincount(text, np.minimum(counts, others), len(grams.counts)), dtype=float)


def _closest(lengths: Ints) -> Ints:
    """The length of another text that is nearest to each one's, the shorter of two as near: (texts,)"""
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    below = np.concatenate([[np.iinfo(np.int64).min // 2], ordered[:-1]])
    above = np.concatenate([ordered[1:], [np.iinfo(np.int64).max // 2]])
    nearest = np.empty_like(lengths)
    nearest[order] = np.where(ordered - below <= above - ordered, below, above)
    return nearest
