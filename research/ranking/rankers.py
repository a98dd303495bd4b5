"""Rankers: a text of one product against the titles of candidates. Larger scores come first."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from research.ranking.words import words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
K1, B = 1.2, 0.75  # as Robertson and Zaragoza 2009 propose
HALF = 0.5


@dataclass(frozen=True, slots=True)
class QueryText:
    """The title, and what an arm adds to it: each has half of the say, so that an arm gains nothing by length."""

    title: str
    added: str = ""


class Ranker(Protocol):
    name: str

    def scores(self, query: QueryText, candidates: Ints) -> Floats: ...


class Index:
    """Titles as rows of words, one array after the other; made once for all queries."""

    def __init__(self, titles: Sequence[str]) -> None:
        counted = [Counter(words(title)) for title in titles]
        self.vocabulary = {word: i for i, word in enumerate(sorted(set().union(*counted)))}
        sizes = np.array([len(each) for each in counted], dtype=np.int64)
        self.start = np.concatenate([[0], np.cumsum(sizes)])
        self.word = np.array([self.vocabulary[word] for each in counted for word in each], dtype=np.int64)
        self.count = np.array([n for each in counted for n in each.values()], dtype=float)
        self.row = np.repeat(np.arange(len(titles)), sizes)
        self.titles = len(titles)
        self.having = np.bincount(self.word, minlength=len(self.vocabulary)).astype(float)
        self.length = np.bincount(self.row, self.count, minlength=len(titles))

    def query(self, text: QueryText, weight: Callable[[Floats], Floats]) -> Floats:
        """By word of the vocabulary; the part of the title and the added part have length 1 before they are mixed."""
        title, added = (self._unit(part, weight) for part in (text.title, text.added))
        mixed: Floats = (1 - HALF) * title + HALF * added if added.any() else title
        return mixed

    def _unit(self, text: str, weight: Callable[[Floats], Floats]) -> Floats:
        counts = np.zeros(len(self.vocabulary))
        for word, n in Counter(words(text)).items():
            if (at := self.vocabulary.get(word)) is not None:
                counts[at] = n
        weighted: Floats = weight(counts)
        length = float(np.sqrt(weighted @ weighted))
        return weighted / length if length else weighted

    def sums(self, values: Floats, query: Floats, candidates: Ints) -> Floats:
        """Σ over the words of each candidate of its value times the query's."""
        sizes = self.start[candidates + 1] - self.start[candidates]
        owner = np.repeat(np.arange(len(candidates)), sizes)
        first = np.repeat(self.start[candidates] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
        at = first + np.arange(len(owner))
        found = np.bincount(owner, values[at] * query[self.word[at]], minlength=len(candidates))
        return found.astype(np.float64)


class TfIdf:
    """Cosine of (1 + ln tf)·ln((N + 1)/(df + 1)): Salton and Buckley 1988, ltc."""

    name = "tf-idf"

    def __init__(self, index: Index) -> None:
        self.index = index
        self.idf = np.log((index.titles + 1) / (index.having + 1))
        values = (1 + np.log(index.count)) * self.idf[index.word]
        norm = np.sqrt(np.bincount(index.row, values**2, minlength=index.titles))
        self.values = values / np.where(norm > 0, norm, 1)[index.row]

    def _weight(self, counts: Floats) -> Floats:
        weighted: Floats = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * self.idf
        return weighted

    def scores(self, query: QueryText, candidates: Ints) -> Floats:
        return self.index.sums(self.values, self.index.query(query, self._weight), candidates)


class Bm25:
    """Σ q·idf·tf(k₁ + 1)/(tf + k₁(1 - b + b·length/mean)): Robertson and Zaragoza 2009, with idf never under 0."""

    name = "bm25"

    def __init__(self, index: Index) -> None:
        self.index = index
        idf = np.log(1 + (index.titles - index.having + 0.5) / (index.having + 0.5))
        mean = index.length.mean() if index.titles else 1.0
        norm = K1 * (1 - B + B * index.length / max(mean, 1e-9))
        self.values = idf[index.word] * index.count * (K1 + 1) / (index.count + norm[index.row])

    def scores(self, query: QueryText, candidates: Ints) -> Floats:
        return self.index.sums(self.values, self.index.query(query, np.sqrt), candidates)


class Embedded:
    """Cosine of vectors of unit length; `vector` knows every title and text that is asked for."""

    name = "minilm"

    def __init__(self, titles: Floats, vector: Callable[[str], Floats]) -> None:
        self.titles, self.vector = titles, vector

    def scores(self, query: QueryText, candidates: Ints) -> Floats:
        mixed = self.vector(query.title)
        if query.added:
            mixed = (1 - HALF) * mixed + HALF * self.vector(query.added)
        found: Floats = self.titles[candidates] @ mixed
        return found


class Hybrid:
    """Σ 1/(60 + rank) over rankers: reciprocal rank fusion, Cormack, Clarke and Büttcher 2009."""

    name = "hybrid"

    def __init__(self, *rankers: Ranker) -> None:
        self.rankers = rankers

    def scores(self, query: QueryText, candidates: Ints) -> Floats:
        found = np.zeros(len(candidates))
        for ranker in self.rankers:
            found += 1 / (60 + _ranks(ranker.scores(query, candidates)))
        return found


def _ranks(scores: Floats) -> Floats:
    """From 1; those alike share the mean of their places."""
    _, place, n = np.unique(-scores, return_inverse=True, return_counts=True)
    after = np.cumsum(n)
    found: Floats = ((after - n + 1 + after) / 2)[place]
    return found


def rank_of_first(scores: Floats) -> float:
    """Of the first candidate, the true one: 1 + those better + half of those alike."""
    return float(1 + (scores[1:] > scores[0]).sum() + (scores[1:] == scores[0]).sum() / 2)
