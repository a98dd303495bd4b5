"""An exported CSV of judgments as one array, in whatever order its rows are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from annotation.exchange.files.blocks import rows_of
from annotation.exchange.files.cells import TRUTH, ImportRefused
from annotation.exchange.files.reading import csv_blocks
from annotation.judging.look import SHOWN
from annotation.models import Kind, Study
from annotation.scales import Question

TEXTS = (
    "study", "run", "asin_a", "asin_b", "relation", "intention", "verdict", "filter", "stratum", "category",
    "annotator",
)  # fmt: skip
REALS = ("p_yes", "strictness", "inclusion_probability", "active_seconds")
OF_ITEM = (*TEXTS[:-1], *REALS[:-1])
NEEDED = frozenset((*TEXTS, *REALS, "item", "audit"))
NOT_SAID = -1
BOUGHT = ("bought_year", "bought_month")  # 0 where nobody is known to have; not said by a file of an earlier version
AUDITS = {"right": 1, "wrong": 0, "": NOT_SAID}
FILTER = {"kept": True, "rejected": False, "": None}
REVEALED = TRUTH | {"": False}
# Answers are places among the question's, and those that count; `first` is the plausibility as it was first given,
# `after` that of the last revision after the reveal. Items and annotators are numbered in their order from 0.
ROW = np.dtype(
    [*((name, object) for name in TEXTS), *((name, float) for name in (*REALS, "at")), ("kind", "U6"), ("counts", bool),
     *((name, int) for name in ("id", "audit", "plausibility", "typicality", "revision", "study_version")),
     ("after_reveal", bool), ("bought_year", int), ("bought_month", int),
     *((name, int) for name in ("look", "first", "after", "item", "who"))]
)  # fmt: skip
OF_JUDGMENT = ["kind", "item", "who", "at"]  # what its revisions have in common


@dataclass(frozen=True, slots=True)
class Columns:
    """`rows` are ROWs, a judgment each; `n_rows` are those of the file."""

    rows: NDArray
    annotators: list[str]
    n_items: int
    n_rows: int
    has_revisions: bool


def columns_in(file: BinaryIO, study: Study) -> Columns:
    """Sorted by items and annotators, so that sums come out the same to the last digit."""
    rows = np.fromiter(_rows(file, study), ROW)
    items, rows["item"] = np.unique(rows["id"], return_inverse=True)
    annotators, rows["who"] = np.unique(rows["annotator"].astype(str), return_inverse=True)
    rows = rows[np.lexsort([rows[name] for name in ("revision", *reversed(OF_JUDGMENT))])]
    has_revisions = bool((rows["revision"] != NOT_SAID).any())
    standing = _standing(rows) if has_revisions else rows
    return Columns(standing, annotators.tolist(), len(items), len(rows), has_revisions)


def _rows(file: BinaryIO, study: Study) -> Iterator[tuple]:
    answers = {each.name: {str(value): place for place, value in enumerate(each.ascending)} for each in study.questions}
    items: dict[str, tuple[str, ...]] = {}
    for line, row in rows_of(csv_blocks(file)):
        try:
            if missing := NEEDED - row.keys():
                raise ValueError(f"column {min(missing)} is missing; export the study with export_judgments")
            cells = tuple(row[name] for name in OF_ITEM)
            if (known := items.setdefault(row["item"], cells)) != cells:
                name, was, now = next(each for each in zip(OF_ITEM, known, cells, strict=True) if each[1] != each[2])
                raise ValueError(f"item {row['item']} has {name} {now!r}, in another row {was!r}")
            plausible, typical = (places[row[name]] if row[name] else NOT_SAID for name, places in answers.items())
            at = datetime.fromisoformat(row["judged_at"]).timestamp()
            yield (
                *(intern(row[name]) for name in TEXTS), *(float(row[name] or "nan") for name in REALS), at,
                Kind(row["kind"]), TRUTH[row["counts"]], int(row["item"]), AUDITS[row["audit"]], plausible, typical,
                int(row.get("revision", NOT_SAID)), int(row.get("study_version") or 1),
                REVEALED[row.get("after_reveal", "")], *_bought(row), _look(row), plausible, NOT_SAID,
                0, 0,
            )  # fmt: skip
        except KeyError as error:
            raise ImportRefused(f"line {line}: {error} is none of the study's answers") from error
        except ValueError as error:
            raise ImportRefused(f"line {line}: {error}") from error


def _bought(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(row.get(name, NOT_SAID) or 0) for name in BOUGHT)


def _look(row: dict[str, str]) -> int:
    """Whether both pictures were shown."""
    pictures = row.get("picture_left", ""), row.get("picture_right", "")
    return int(pictures == (SHOWN, SHOWN)) if any(pictures) else NOT_SAID


def _standing(rows: NDArray) -> NDArray:
    """Of each judgment the ratings that count: the last before the reveal, or the last of all."""
    of, n, revealed = rows[OF_JUDGMENT], len(rows), rows["after_reveal"]
    changes = np.r_[True, of[1:] != of[:-1]]
    if np.any(~changes[1:] & (np.diff(rows["revision"]) == 0)):
        raise ImportRefused("a revision of a judgment is there twice")
    first = np.flatnonzero(changes)
    last = np.r_[first[1:], n] - 1
    blind = np.maximum.reduceat(np.where(revealed, -1, np.arange(n)), first)
    found = rows[np.where(blind < 0, last, blind)]
    found["first"] = rows["plausibility"][first]
    found["after"] = np.where(revealed[last], rows["plausibility"][last], NOT_SAID)
    return found


def answering(rows: NDArray, question: Question) -> tuple[NDArray, NDArray[np.bool_]]:
    """The rows that answer, and whether each says yes."""
    said = rows[rows[question.name] != NOT_SAID]
    return said, np.array(question.says_yes)[said[question.name]]


def revealed(rows: NDArray) -> NDArray[np.bool_]:
    """Who answered the audit, or revised after the reveal, has seen the verdict."""
    return (rows["audit"] != NOT_SAID) | (rows["after"] != NOT_SAID)
