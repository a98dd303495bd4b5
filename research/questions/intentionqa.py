"""IntentionQA (Ding et al. 2024, EMNLP, arXiv 2406.10173) from its own question files, as they were published."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from research.questions.bands import banded
from research.questions.records import LETTERS, Benchmark, BenchmarkRefused, Question

NAME = "intentionqa"
FILES = {
    "understanding": "QA_fullInfo_task1.jsonl",
    "utilisation": "QA_fullInfo_task2.jsonl",
    "by-relation": "QA_fullInfo_task1_byRelation.jsonl",
}
ASKED = {"1": ("understanding",), "2": ("utilisation",), "both": ("understanding", "utilisation")}
ASKED |= {"by-relation": ("by-relation",)}
FEWEST_SCORED = 4  # the official scoring leaves out what has fewer options
ASIN_LENGTH = 10
FIELDS = ("id", "item_a_id", "item_b_id", "item_a_name", "item_b_name", "assertion", "options", "gold_ind")


def intentionqa(folder: Path, tasks: Sequence[str]) -> Benchmark:
    """Raises BenchmarkRefused. Relations of the first two tasks are those that the third file has for the id."""
    for task in tasks:
        _refuse_missing(folder, FILES[task])
    # All that is there, so that evaluations of one task and of both have questions in common.
    paths = {task: path for task, name in FILES.items() for path in _found(folder, name)}
    with_relation = _rows(paths["by-relation"]) if "by-relation" in paths else ()
    relations = {row["id"]: row.get("relation", "") for _, row in with_relation}
    questions: list[Question] = []
    for task, path in paths.items():
        rows = [_question(task, row, relations, f"{path}, line {n}") for n, row in _rows(path)]
        _refuse_repeated(rows, path)
        questions += banded(rows)
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths.values()}
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return Benchmark(NAME, digest, tuple(questions), files)


def padded(asin: str) -> str:
    """Ten signs: tables lose the zeros in front of an id of digits."""
    return asin.strip().zfill(ASIN_LENGTH)


def pair_of(asin_a: str, asin_b: str) -> str:
    return " ".join(sorted((padded(asin_a), padded(asin_b))))


def _found(folder: Path, name: str) -> list[Path]:
    return sorted(folder.rglob(name))[:1] if folder.is_dir() else []


def _refuse_missing(folder: Path, name: str) -> None:
    if not _found(folder, name):
        raise BenchmarkRefused(f"{folder} holds no {name}: give the folder of IntentionQA's question files")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as lines:
        for n, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BenchmarkRefused(f"{path}, line {n}: no JSON ({error}): fetch the file anew") from None
            if not isinstance(row, dict) or (missing := [name for name in FIELDS if name not in row]):
                lacks = ", ".join(missing) if isinstance(row, dict) else "an object"
                raise BenchmarkRefused(f"{path}, line {n}: {lacks} is missing: fetch the file anew")
            yield n, row


def _question(task: str, row: Mapping[str, Any], relations: Mapping[str, str], where: str) -> Question:
    options = checked_options(row["options"], str(row["gold_ind"]), where)
    a, b = row["item_a_name"], row["item_b_name"]
    relation = row.get("relation", "")
    return Question(
        task=task,
        key=str(row["id"]),
        stem=utilisation_stem(a, row["assertion"]) if task == "utilisation" else understanding_stem(a, b),
        options=options,
        gold=str(row["gold_ind"]),
        relation=relations.get(row["id"], "") if relation in ("", "all") else relation,
        cluster=pair_of(row["item_a_id"], row["item_b_id"]),
        titles=(a, b),
        asins=(padded(row["item_a_id"]), padded(row["item_b_id"])),
        scored=len(options) >= FEWEST_SCORED,
    )


def checked_options(options: Any, gold: str, where: str) -> dict[str, str]:
    named = dict(options) if isinstance(options, dict) else {}
    letters = list(LETTERS[: len(named)])
    if not letters or list(named) != letters or not all(isinstance(text, str) for text in named.values()):
        raise BenchmarkRefused(
            f"{where}: options must be texts under A, B, … in order, at most {len(LETTERS)}: correct it"
        )
    if gold not in named:
        raise BenchmarkRefused(f"{where}: gold {gold!r} is not among the options {', '.join(named)}: correct it")
    return named


def understanding_stem(a: str, b: str) -> str:
    return f"A customer buys {a} and {b}. What is the most likely intention for buying them?\n"


def utilisation_stem(a: str, assertion: str) -> str:
    """From the reason on; where there is none the official code takes the last character, and so does this."""
    at = assertion.find("because")
    at = assertion.find("as a result, ") if at == -1 else at
    told = f"A customer buys {a}, {assertion[at:].strip()}"
    return (
        told + ("\n" if told.endswith(".") else ".\n") + "What is the customer's most probable additional purchase?\n"
    )


def _refuse_repeated(questions: Sequence[Question], path: Path) -> None:
    if not questions:
        raise BenchmarkRefused(f"{path} is empty: fetch the file anew")
    seen: set[str] = set()
    for question in questions:
        if question.key in seen:
            raise BenchmarkRefused(f"{path}: the id {question.key} is there twice: fetch the file anew")
        seen.add(question.key)
