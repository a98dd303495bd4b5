"""Figures that hang on how many texts there are, always at the same numbers of them, from repeated draws."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from research.diversity.reading import CODES, Ints, texts_of
from stats.estimate import Estimate
from stats.texts.measures import cosines, distinct, over_draws, self_bleu, vendi, word_similarity
from stats.texts.words import words_of

SIZES = (10, 40, 400)
OF_RELATION = 40  # of which n the table by relation is
DRAWS = {10: 60, 40: 60, 400: 20}  # in all, over the run, its relations or its co-buys
LEAST_DRAWS = 5  # of each relation

MEASURES: dict[str, Callable[[Sequence[str]], float | None]] = {
    "distinct_1": lambda texts: distinct(words_of(texts), 1),
    "distinct_2": lambda texts: distinct(words_of(texts), 2),
    "self_bleu": lambda texts: self_bleu(words_of(texts)),
    "vendi_words": lambda texts: vendi(word_similarity(words_of(texts))),
}


@dataclass(frozen=True, slots=True)
class Draw:
    """`of` is the run (0), a relation's place, or a co-buy's id; `rows` are places among the run's intentions."""

    scope: str
    n: int
    of: int
    rows: Ints


def draws(cobuys: Ints, relations: Ints, rng: np.random.Generator) -> list[Draw]:
    scopes = {"run": np.zeros(len(cobuys), dtype=np.int64), "relation": relations, "cobuy": cobuys}
    return [draw for scope, of in scopes.items() for n in SIZES for draw in _draws(scope, n, of, rng)]


def _draws(scope: str, n: int, of: Ints, rng: np.random.Generator) -> Iterator[Draw]:
    values, counts = np.unique(of, return_counts=True)
    large = values[counts >= n]
    if not len(large):
        return
    order = np.argsort(of, kind="stable")
    first = np.searchsorted(of[order], large)
    n_draws = max(DRAWS[n], LEAST_DRAWS * len(large)) if scope == "relation" and n == OF_RELATION else DRAWS[n]
    for place in _turns(len(large), n_draws, rng):
        size = counts[np.searchsorted(values, large[place])]
        yield Draw(scope, n, int(large[place]), order[first[place] + rng.choice(size, n, replace=False)])


def _turns(n: int, wanted: int, rng: np.random.Generator) -> Ints:
    """Each in turn, in an order by chance, so that none comes much more often than another."""
    return np.concatenate([rng.permutation(n) for _ in range(-(-wanted // n))])[:wanted]


def measured(chosen: Sequence[Draw], ids: Ints, tell: Callable[[float], object]) -> list[dict[str, float | None]]:
    found = []
    for i, draw in enumerate(chosen):
        tell(i / len(chosen))
        texts = texts_of(ids[draw.rows].tolist())
        shown = list(texts.values())
        found.append({name: measure(shown) for name, measure in MEASURES.items()})
    return found


def by_scope(chosen: Sequence[Draw], values: Sequence[dict[str, float | None]]) -> list[dict]:
    """A row for each scope and n, whether it could be drawn or not."""
    rows = []
    for scope in ("run", "relation", "cobuy"):
        for n in SIZES:
            those = [value for draw, value in zip(chosen, values, strict=True) if (draw.scope, draw.n) == (scope, n)]
            rows.append({"scope": scope, "n": n, "draws": len(those), **_estimates(those)})
    return rows


def by_relation(chosen: Sequence[Draw], values: Sequence[dict[str, float | None]]) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for place, code in enumerate(CODES):
        those = [
            value
            for draw, value in zip(chosen, values, strict=True)
            if (draw.scope, draw.n, draw.of) == ("relation", OF_RELATION, place)
        ]
        if those:
            found[code] = _estimates(those)
    return found


def vendi_of_vectors(vectors: NDArray[np.float32], rng: np.random.Generator) -> dict[int, Estimate]:
    """By n, over draws from the sample that has vectors: (intentions, dimensions)."""
    return {
        n: over_draws([vendi(cosines(vectors[rng.choice(len(vectors), n, replace=False)])) for _ in range(DRAWS[n])])
        for n in SIZES
        if len(vectors) >= n
    }


def _estimates(those: Sequence[dict[str, float | None]]) -> dict[str, dict]:
    return {name: over_draws([value[name] for value in those]).as_dict() for name in MEASURES}
