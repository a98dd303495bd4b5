"""Exact and near-duplicates among millions of texts, in memory that hardly grows with them.

MinHash of word 3-shingles (Broder 1997) in bands (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4)
proposes pairs; the exact Jaccard similarity decides. Shingles and bands wait in files without a name.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from stats.texts.words import Hashes, Ints, Words, mixed, shingles, spread, whole

NEAR = 0.8  # of Jaccard's similarity
# A pair at 0.85 meets in one of 24 bands of 10 with 1 - (1 - 0.85¹⁰)²⁴ = 99.5 %, at 0.8 with 93 %; one at 0.3, which
# texts that begin alike reach, with 1 in 7,000.
BANDS, ROWS = 24, 10
# A bucket's texts are held against its first one, then the rest against the first of these, and so on. A bucket of
# texts that are all near each other is through after one round, however large.
ROUNDS = 12
_TEXTS_AT_ONCE, _PAIRS_AT_ONCE = 40, 4_000


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`group` is the place of the first text of each one's group: (texts,); alone in it are those without a like."""

    group: Ints
    exact: NDArray[np.bool_]

    @property
    def sizes(self) -> Ints:
        """Of the group of each text: (texts,)"""
        return np.bincount(self.group, minlength=len(self.group))[self.group]

    @property
    def near(self) -> NDArray[np.bool_]:
        """Whether some other text is like it, exact duplicates among them: (texts,)"""
        return self.sizes > 1


@dataclass
class Sketches:
    """Texts are added in batches, then grouped once. Use it in a `with`: its files go when it ends."""

    bands: int = BANDS
    rows: int = ROWS
    seed: int = 1
    _keys: list[Hashes] = field(default_factory=list)
    _sizes: list[Ints] = field(default_factory=list)

    def __enter__(self) -> Sketches:
        rng = np.random.default_rng(self.seed)
        n = self.bands * self.rows
        self._factors = rng.integers(0, 1 << 32, (n, 1), dtype=np.uint32) | np.uint32(1)
        self._masks = rng.integers(0, 1 << 32, (n, 1), dtype=np.uint32)
        self._files = ExitStack()
        files = [self._files.enter_context(tempfile.TemporaryFile()) for _ in range(self.bands + 1)]  # noqa: SIM115
        self._shingles, self._bands = files[0], files[1:]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._files.close()

    def add(self, words: Words) -> None:
        sets = shingles(words)
        self._keys.append(whole(words))
        self._sizes.append(sets.counts)
        self._shingles.write(sets.hashes.astype(np.uint32).tobytes())
        for file, keys in zip(self._bands, self._band_keys(sets), strict=True):
            file.write(keys.tobytes())

    def duplicates(self, near: float = NEAR, tell: Callable[[float], object] = lambda share: None) -> Duplicates:
        """`tell` hears which share of the way is done."""
        for file in (self._shingles, *self._bands):
            file.flush()
        keys = np.concatenate(self._keys or [np.zeros(0, np.uint64)])
        forest = Forest(len(keys))
        forest.link(*_equal(keys))
        exact = forest.sizes() > 1
        sets = _Sets(self._shingles.fileno(), np.concatenate(self._sizes or [np.zeros(0, np.int64)]))
        for band, file in enumerate(self._bands):
            tell(band / self.bands)
            file.seek(0)
            _link_near(np.fromfile(file, dtype=np.uint64), forest, sets, near)
        return Duplicates(forest.roots(), exact)

    def _band_keys(self, sets: Words) -> Hashes:
        """(bands, texts)"""
        n, values = len(sets.first) - 1, sets.hashes.astype(np.uint32)
        least = np.empty((self.bands * self.rows, n), dtype=np.uint32)
        for i in range(0, n, _TEXTS_AT_ONCE):  # a few at a time: their hashes stay in the processor's cache
            first = sets.first[i : i + _TEXTS_AT_ONCE + 1]
            hashed = (values[first[0] : first[-1]] * self._factors) ^ self._masks
            np.minimum.reduceat(hashed, first[:-1] - first[0], axis=1, out=least[:, i : i + _TEXTS_AT_ONCE])
        keys = np.zeros((self.bands, n), dtype=np.uint64)
        for column in least.reshape(self.bands, self.rows, n).transpose(1, 0, 2):
            keys = mixed(keys * np.uint64(31) + column)
        return keys


class Forest:
    """Disjoint sets (Galler and Fischer 1964): each text's set is named by its first text."""

    def __init__(self, n: int) -> None:
        self._parent = np.arange(n)

    def roots(self) -> Ints:
        """(texts,)"""
        while True:
            further = self._parent[self._parent]
            if np.array_equal(further, self._parent):
                return self._parent
            self._parent = further

    def sizes(self) -> Ints:
        roots = self.roots()
        return np.bincount(roots, minlength=len(roots))[roots]

    def link(self, a: Ints, b: Ints) -> None:
        """All at once: each root takes the least that it is linked with, until no link joins two sets."""
        while True:
            roots = self.roots()
            low, high = np.minimum(roots[a], roots[b]), np.maximum(roots[a], roots[b])
            apart = low != high
            if not apart.any():
                return
            a, b = a[apart], b[apart]
            np.minimum.at(self._parent, high[apart], low[apart])


@dataclass(frozen=True, slots=True)
class _Sets:
    """The shingles of each text, read from the file as they are asked for."""

    handle: int
    sizes: Ints
    first: Ints = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", np.concatenate([[0], np.cumsum(self.sizes)]))

    def jaccard(self, a: Ints, b: Ints) -> NDArray[np.float64]:
        """|A ∩ B| / |A ∪ B| of each pair: (pairs,)"""
        texts, place = np.unique(np.concatenate([a, b]), return_inverse=True)
        read = self._read(texts)
        sizes = self.sizes[texts[place]]
        values = read[spread(np.concatenate([[0], np.cumsum(self.sizes[texts])])[place], sizes)]
        pair = np.repeat(np.tile(np.arange(len(a)), 2), sizes).astype(np.uint64)
        keys = np.sort(pair << np.uint64(32) | values)
        shared = np.bincount((keys[1:][keys[1:] == keys[:-1]] >> np.uint64(32)).astype(np.int64), minlength=len(a))
        return shared / (self.sizes[a] + self.sizes[b] - shared)

    def _read(self, texts: Ints) -> NDArray[np.uint32]:
        where = zip((4 * self.sizes[texts]).tolist(), (4 * self.first[texts]).tolist(), strict=True)
        return np.frombuffer(b"".join(os.pread(self.handle, n, at) for n, at in where), dtype=np.uint32)


def _equal(keys: Hashes) -> tuple[Ints, Ints]:
    """Neighbours in the order of the keys that have the same one."""
    order = np.argsort(keys, kind="stable")
    same = keys[order][1:] == keys[order][:-1]
    return order[:-1][same], order[1:][same]


def _link_near(keys: Hashes, forest: Forest, sets: _Sets, near: float) -> None:
    """Through the buckets of one band; what is in one set already is not compared again."""
    texts = np.argsort(keys, kind="stable")
    bucket = np.cumsum(np.concatenate([[0], keys[texts][1:] != keys[texts][:-1]])) if len(texts) else texts
    for _ in range(ROUNDS):
        texts, bucket = _one_of_each_set(texts, bucket, forest.roots())
        leads = np.concatenate([[True], bucket[1:] != bucket[:-1]]) if len(bucket) else np.zeros(0, bool)
        lead, rest = texts[leads][np.cumsum(leads) - 1][~leads], texts[~leads]
        if not len(rest):
            return
        alike = _alike(lead, rest, sets, near)
        forest.link(lead[alike], rest[alike])
        texts, bucket = rest[~alike], bucket[~leads][~alike]


def _one_of_each_set(texts: Ints, bucket: Ints, roots: Ints) -> tuple[Ints, Ints]:
    """Of buckets with more than one text; ordered by bucket."""
    several = np.bincount(bucket)[bucket] > 1 if len(bucket) else np.zeros(0, bool)
    texts, bucket = texts[several], bucket[several]
    order = np.lexsort((roots[texts], bucket))
    texts, bucket = texts[order], bucket[order]
    first = np.ones(len(texts), dtype=bool)
    first[1:] = (bucket[1:] != bucket[:-1]) | (roots[texts[1:]] != roots[texts[:-1]])
    return texts[first], bucket[first]


def _alike(a: Ints, b: Ints, sets: _Sets, near: float) -> NDArray[np.bool_]:
    small, large = np.minimum(sets.sizes[a], sets.sizes[b]), np.maximum(sets.sizes[a], sets.sizes[b])
    alike = small >= near * large  # else they can't share enough
    for pairs in _pieces(np.flatnonzero(alike)):
        alike[pairs] = sets.jaccard(a[pairs], b[pairs]) >= near
    return alike


def _pieces(places: Ints) -> Iterator[Ints]:
    for i in range(0, len(places), _PAIRS_AT_ONCE):
        yield places[i : i + _PAIRS_AT_ONCE]
