"""How hard a question is: the published bands where their scores are given, else by how alike two titles are."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, log, sqrt
from pathlib import Path

from research.questions.records import BenchmarkRefused, Question

BANDS = ("least alike", "unlike", "middle", "alike", "most alike")
HARD, MEDIUM = 0.60, 0.85  # of the official scoring
WORDS = re.compile(r"\w+")


def banded(questions: Sequence[Question]) -> list[Question]:
    """With the similarity of its titles, and the fifth of the scored questions that it falls into."""
    similar = similarities([question.titles for question in questions])
    scored = sorted(value for value, question in zip(similar, questions, strict=True) if question.scored)
    edges = [scored[len(scored) * k // len(BANDS)] for k in range(1, len(BANDS))] if scored else []
    return [
        replace(question, similarity=value, band=BANDS[sum(value >= edge for edge in edges)])
        for value, question in zip(similar, questions, strict=True)
    ]


def similarities(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Cosine of two titles' words, each by log(N/n) of the N titles (Spärck Jones 1972)."""
    titles = {title: Counter(WORDS.findall(title.lower())) for pair in pairs for title in pair}
    holding = Counter(word for words in titles.values() for word in words)
    weight = {word: log(len(titles) / n) for word, n in holding.items()}
    length = {title: sqrt(sum((n * weight[word]) ** 2 for word, n in words.items())) for title, words in titles.items()}

    def cosine(a: str, b: str) -> float:
        shared = sum(n * titles[b][word] * weight[word] ** 2 for word, n in titles[a].items())
        return shared / (length[a] * length[b]) if length[a] and length[b] else float(a == b)

    return [cosine(a, b) for a, b in pairs]


def official_scores(path: Path) -> dict[str, float]:
    """Of a CSV id,score. Raises BenchmarkRefused."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError) as error:
        raise BenchmarkRefused(f"{path} can't be read ({error}): give a CSV with the columns id, score") from None
    if not rows or not {"id", "score"} <= set(rows[0]):
        raise BenchmarkRefused(f"{path}: give a CSV with the columns id, score")
    return {row["id"]: _score(row["score"], f"{path}, line {n}") for n, row in enumerate(rows, 2)}


def official_band(score: float) -> str:
    return "official hard" if score < HARD else "official medium" if score < MEDIUM else "official easy"


def _score(text: str, where: str) -> float:
    try:
        score = float(text)
    except (TypeError, ValueError):
        score = float("nan")
    if not isfinite(score):
        raise BenchmarkRefused(f"{where}: the score {text!r} is no number: correct it")
    return score
