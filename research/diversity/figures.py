"""How varied a run's intentions are: one pass over all of them, and draws of some."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from distillation.models import Run
from research.diversity.draws import by_relation, by_scope, draws, measured
from research.diversity.reading import CODES, Ints, kept_by_relation, run_batches, texts_of
from stats.texts.measures import entropy
from stats.texts.near import NEAR, Duplicates, Sketches
from stats.texts.words import openings, whole, words_of

VERSION = 1
OPENING_WORDS = 4
SHOWN = 10
SAMPLE = 2_000  # among which the nearest by words are looked for
QUANTILES = (5, 25, 50, 75, 95)
Tell = Callable[[str, float], object]


@dataclass(frozen=True, slots=True)
class Passed:
    """What one pass over all intentions leaves: (intentions,) each."""

    ids: Ints
    cobuys: Ints
    relations: Ints
    lengths: Ints
    keys: NDArray[np.uint64]
    openings: NDArray[np.uint64]
    duplicates: Duplicates


def figures_of(run: Run, tell: Tell) -> tuple[dict, Passed]:
    """`tell` hears what is being done, and which share of it is."""
    passed = pass_over(run, tell)
    rng = np.random.default_rng(run.pk)
    chosen = draws(passed.cobuys, passed.relations, rng)
    values = measured(chosen, passed.ids, lambda share: tell("measuring samples", share))
    kept = kept_by_relation(run)
    return {
        "version": VERSION,
        "n": len(passed.ids),
        "cobuys": len(np.unique(passed.cobuys)),
        "strictness": run.strictness,
        "duplicates": _duplicates(passed),
        "texts": _most_frequent(passed, passed.keys, least=2),
        "openings": _openings(passed),
        "length": _length(passed.lengths),
        "relations": _relations(passed, kept, by_relation(chosen, values)),
        "entropy": {
            "made": entropy(np.bincount(passed.relations, minlength=len(CODES))),
            "kept": entropy(kept),
            "most": float(np.log2(max(1, len(np.unique(passed.relations))))),
        },
        "draws": by_scope(chosen, values),
        "sample": _sample(passed.ids, rng),
    }, passed


def pass_over(run: Run, tell: Tell) -> Passed:
    about = max(1, run.cobuys.count() * run.units_per_cobuy or run.config.get("imported", 1))
    parts: list[tuple] = []
    read = 0
    with Sketches() as sketches:
        for batch in run_batches(run):
            words = words_of(batch.texts)
            sketches.add(words)
            parts.append(
                (batch.ids, batch.cobuys, batch.relations, words.counts, whole(words), openings(words, OPENING_WORDS))
            )
            read += len(batch.ids)
            tell("reading intentions", min(read / about, 1))
        duplicates = sketches.duplicates(tell=lambda share: tell("comparing", share))
    if not parts:
        none, keys = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64)
        return Passed(none, none, none, none, keys, keys, duplicates)
    ids, cobuys, relations, lengths, keys, begins = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Passed(ids, cobuys, relations, lengths, keys, begins, duplicates)


def _duplicates(passed: Passed) -> dict:
    group, near = passed.duplicates.group, passed.duplicates.near
    roots, sizes = np.unique(group[near], return_counts=True)
    largest = roots[np.argsort(-sizes, kind="stable")[:SHOWN]]
    texts = texts_of(passed.ids[largest].tolist())
    return {
        "near": NEAR,
        "n_exact": int(passed.duplicates.exact.sum()),
        "n_near": int(near.sum()),
        "groups": len(roots),
        "in_relation": _several(group, passed.relations),
        "in_cobuy": _several(group, passed.cobuys),
        "largest": [
            {"size": int((group == root).sum()), "intention": int(passed.ids[root]), "text": texts[passed.ids[root]]}
            for root in largest
            if passed.ids[root] in texts
        ],
    }


def _sample(ids: Ints, rng: np.random.Generator) -> list[int]:
    return sorted(rng.choice(ids, min(SAMPLE, len(ids)), replace=False).tolist())


def _several(group: Ints, by: Ints) -> int:
    """Intentions with another one of their group under the same relation, or of the same co-buy."""
    _, code = np.unique(by, return_inverse=True)
    _, counts = np.unique(group * (int(code.max(initial=0)) + 1) + code, return_counts=True)
    return int(counts[counts > 1].sum())


def _most_frequent(passed: Passed, keys: NDArray[np.uint64], *, least: int) -> list[dict]:
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    places = [place for place in np.argsort(-counts, kind="stable")[:SHOWN] if counts[place] >= least]
    ids = [int(passed.ids[first[place]]) for place in places]
    texts = texts_of(ids)
    return [
        {"n": int(counts[place]), "share": counts[place] / len(keys), "intention": key, "text": texts[key]}
        for place, key in zip(places, ids, strict=True)
        if key in texts
    ]


def _openings(passed: Passed) -> list[dict]:
    """As one of the intentions that begin so writes it."""
    rows = _most_frequent(passed, passed.openings, least=2)
    return [{**row, "text": " ".join(row["text"].split()[:OPENING_WORDS])} for row in rows]


def _length(lengths: Ints) -> dict:
    if not len(lengths):
        return {"mean": None}
    quantiles = np.percentile(lengths, QUANTILES)
    return {
        "mean": float(lengths.mean()),
        "sd": float(lengths.std()),
        "least": int(lengths.min()),
        "most": int(lengths.max()),
        "quantiles": {str(q): float(value) for q, value in zip(QUANTILES, quantiles, strict=True)},
    }


def _relations(passed: Passed, kept: Ints, drawn: dict[str, dict]) -> list[dict]:
    near = passed.duplicates.near
    made = np.bincount(passed.relations, minlength=len(CODES))
    words = np.bincount(passed.relations, passed.lengths, len(CODES))
    alike = np.bincount(passed.relations, near, len(CODES))
    return [
        {
            "relation": code,
            "made": int(made[place]),
            "kept": int(kept[place]),
            "words": words[place] / made[place],
            "near": alike[place] / made[place],
            **drawn.get(code, {}),
        }
        for place, code in enumerate(CODES)
        if made[place]
    ]
