"""Words of many texts as numbers, so that counting and comparing them never walks through words one by one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]

# A polynomial modulo 2⁶⁴ in an odd base: a word's is the difference of two running sums, shifted back to its place.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_AT_ONCE = 1 << 18  # characters


@dataclass(frozen=True, slots=True)
class Words:
    """The words of texts, or their n-grams, one text after the other: (words,); text t has first[t]:first[t + 1]."""

    hashes: Hashes
    first: Ints

    @property
    def counts(self) -> Ints:
        """(texts,)"""
        return np.diff(self.first)

    @property
    def texts(self) -> Ints:
        """Which text each is of: (words,)"""
        return np.repeat(np.arange(len(self.first) - 1), self.counts)


def words_of(texts: Sequence[str]) -> Words:
    """Runs of letters and digits, in lower case; what stands between them does not count."""
    parts = [_words(part) for part in _parts(texts)]
    counts = np.concatenate([part.counts for part in parts] or [np.zeros(0, np.int64)])
    return Words(np.concatenate([part.hashes for part in parts] or [np.zeros(0, np.uint64)]), _first(counts))


def ngrams(words: Words, n: int) -> Words:
    """All that a text has of `n` words in a row; none of a shorter text."""
    counts = np.maximum(words.counts - n + 1, 0)
    start = spread(words.first[:-1], counts)
    hashes = _joined([words.hashes[start + place] for place in range(n)])
    return Words(hashes, _first(counts))


def shingles(words: Words, n: int = 3) -> Words:
    """The same as a set: each once, in order, in 32 bits. A shorter text is one shingle, so that it has a neighbour."""
    padded = _padded(words, n)
    grams = ngrams(padded, n)
    keys = np.sort(grams.texts.astype(np.uint64) << np.uint64(32) | grams.hashes >> np.uint64(32))
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys
    counts = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(words.first) - 1)
    return Words(keys & np.uint64(0xFFFFFFFF), _first(counts))


def openings(words: Words, n: int) -> Hashes:
    """The first `n` words of each text as one number, or all of a shorter text: (texts,)"""
    return _joined([_nth(words, place) for place in range(n)])


def whole(words: Words) -> Hashes:
    """All words of each text in their order as one number: (texts,)"""
    place = np.arange(len(words.hashes)) - np.repeat(words.first[:-1], words.counts)
    powers = _powers(_BASE, int(words.counts.max(initial=0)) + 1)
    sums = np.concatenate([[np.uint64(0)], np.cumsum(words.hashes * powers[place], dtype=np.uint64)])
    return mixed(sums[words.first[1:]] - sums[words.first[:-1]] + words.counts.astype(np.uint64))


def mixed(values: Hashes) -> Hashes:
    """Every bit of the result hangs on every bit: the end of splitmix64 (Steele, Lea and Flood 2014)."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def spread(first: Ints, counts: Ints) -> Ints:
    """first[0], first[0] + 1, … counts[0] of them, then those of the next: (Σ counts,)"""
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else counts
    places: Ints = np.arange(int(counts.sum())) + np.repeat(first - begins, counts)
    return places


def _parts(texts: Sequence[str]) -> list[list[str]]:
    """A few hundred texts at a time: what is made of their characters stays near the processor."""
    parts: list[list[str]] = [[]]
    size = 0
    for text in texts:
        if size > _AT_ONCE:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += len(text) + 1
    return parts


def _words(texts: list[str]) -> Words:
    joined = "\0".join(text.replace("\0", " ") for text in texts).casefold() + "\0"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    inside = np.concatenate([[False], _letters()[codes]])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    start, end = edges[::2], edges[1::2]
    powers = _powers(_BASE, len(codes))
    sums = np.concatenate([[np.uint64(0)], np.cumsum(codes * powers[: len(codes)], dtype=np.uint64)])
    hashes = mixed((sums[end] - sums[start]) * _powers(_INVERSE, len(codes))[start])
    ends = np.flatnonzero(codes == 0)
    return Words(hashes, np.concatenate([[0], np.searchsorted(start, ends)]))


def _padded(words: Words, n: int) -> Words:
    short = np.maximum(n - words.counts, 0)
    if not short.any():
        return words
    # Inserted at a text's end: the same number for every gap, so that equal short texts stay equal.
    at = np.repeat(words.first[1:], short)
    return Words(np.insert(words.hashes, at, np.uint64(1)), _first(words.counts + short))


def _nth(words: Words, place: int) -> Hashes:
    there = words.counts > place
    found = np.zeros(len(there), dtype=np.uint64)
    found[there] = words.hashes[words.first[:-1][there] + place]
    return found


def _joined(columns: list[Hashes]) -> Hashes:
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        total = mixed(total * np.uint64(_BASE) + column)
    return total


def _first(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _powers(base: int, n: int) -> Hashes:
    size = 1 << max(n - 1, 1).bit_length()  # of few sizes, so that they are made a few times
    return _powers_of(base, size)


@lru_cache(maxsize=16)
def _powers_of(base: int, n: int) -> Hashes:
    return np.concatenate([[np.uint64(1)], np.cumprod(np.full(n - 1, base, dtype=np.uint64), dtype=np.uint64)])


@lru_cache(maxsize=1)
def _letters() -> NDArray[np.bool_]:
    """For every code point, whether it is a letter or a digit of any script."""
    return np.array([chr(code).isalnum() for code in range(sys.maxunicode + 1)])
