"""Any benchmark of multiple choice: JSON lines or a CSV with question, options, gold; also id, relation, cluster."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from research.questions.intentionqa import checked_options
from research.questions.records import LETTERS, Benchmark, BenchmarkRefused, Question

FEWEST = 2


def plain_benchmark(path: Path, name: str) -> Benchmark:
    """Options are a list, an object under A, B, …, or in a CSV the columns A, B, …. Raises BenchmarkRefused."""
    try:
        rows = list(_lines(path) if path.suffix in (".jsonl", ".json") else _table(path))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchmarkRefused(f"{path} can't be read ({error}): give a CSV or JSON lines") from None
    if not rows:
        raise BenchmarkRefused(f"{path} holds no question: give a CSV or JSON lines with question, options, gold")
    questions = tuple(_question(row, n, f"{path}, line {n}") for n, row in rows)
    if len({question.key for question in questions}) < len(questions):
        raise BenchmarkRefused(f"{path}: an id is there twice: give each question its own")
    return Benchmark(name, digest, questions, {path.name: digest})


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BenchmarkRefused(f"{path}, line {n}: no JSON ({error}): correct it") from None
            if not isinstance(row, dict):
                raise BenchmarkRefused(f"{path}, line {n}: no object with question, options, gold: correct it")
            yield n, row


def _table(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        for row in reader:
            options = {letter: row[letter] for letter in LETTERS if row.get(letter)}
            yield reader.line_num, {**row, "options": options or _parsed(row.get("options") or "")}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _question(row: Mapping[str, Any], n: int, where: str) -> Question:
    if missing := [name for name in ("question", "options", "gold") if not row.get(name)]:
        raise BenchmarkRefused(f"{where}: {', '.join(missing)} is missing: give question, options and gold")
    options = row["options"]
    if isinstance(options, list):
        options = dict(zip(LETTERS, options, strict=False)) if len(options) <= len(LETTERS) else options
    options = checked_options(options, str(row["gold"]).strip(), where)
    if len(options) < FEWEST:
        raise BenchmarkRefused(f"{where}: one option is no choice: give two or more")
    key = str(row.get("id") or n)
    return Question(
        task=str(row.get("task") or "choice"),
        key=key,
        stem=str(row["question"]).rstrip() + "\n",
        options=options,
        gold=str(row["gold"]).strip(),
        relation=str(row.get("relation") or ""),
        cluster=str(row.get("cluster") or key),
    )
