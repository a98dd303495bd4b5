"""An exported CSV of judgments as columns: all that its figures are worked out from anew, in whatever order it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from annotation.exchange.files.cells import TRUTH, ImportRefused
from annotation.exchange.files.reading import csv_rows
from annotation.models import Kind, Study

OF_ITEM = (
    "relation", "category", "run", "filter", "verdict", "p_yes", "stratum", "inclusion_probability",
    "study", "asin_a", "asin_b", "intention", "strictness",
)  # fmt: skip
NEEDED = frozenset((*OF_ITEM, "item", "audit", "active_seconds"))
NOT_SAID = -1
AUDITS = {"right": 1, "wrong": 0, "": NOT_SAID}
REVEALED = TRUTH | {"": False}
# Ratings are those that count; `first` is the plausibility as it was first given, and `after` that of the last revision
# after the reveal.
ROW = np.dtype(
    [("kind", "U6"), ("item", int), ("who", int), ("counts", bool), ("audit", int), ("plausibility", int),
     ("typicality", int), ("seconds", float), ("at", float), ("revision", int), ("after_reveal", bool),
     ("first", int), ("after", int)]
)  # fmt: skip
OF_JUDGMENT = ["kind", "item", "who", "at"]  # what its revisions have in common


@dataclass(frozen=True, slots=True)
class Columns:
    """`rows` are ROWs, a judgment each, with the numbers of items, annotators and answers; `items` by item."""

    rows: NDArray
    ids: NDArray[np.int64]
    items: dict[str, NDArray[np.str_]]
    annotators: NDArray[np.str_]
    has_revisions: bool


@dataclass(slots=True)
class _Reading:
    """What is met row by row: cells by item, and annotators in the order in which they come."""

    places: dict[str, dict[str, int]]
    items: dict[int, tuple[str, ...]] = field(default_factory=dict)
    annotators: dict[str, int] = field(default_factory=dict)

    def rows(self, file: BinaryIO) -> Iterator[tuple]:
        for line, row in csv_rows(file):
            try:
                yield self._row(row)
            except KeyError as error:
                raise ImportRefused(f"line {line}: {error} is none of the study's answers") from error
            except ValueError as error:
                raise ImportRefused(f"line {line}: {error}") from error

    def _row(self, row: dict[str, str]) -> tuple:
        if missing := NEEDED - row.keys():
            raise ValueError(f"column {min(missing)} is missing; export the study with export_judgments")
        item, cells = int(row["item"]), tuple(row[name] for name in OF_ITEM)
        if (known := self.items.setdefault(item, cells)) != cells:
            name, was, now = next(each for each in zip(OF_ITEM, known, cells, strict=True) if each[1] != each[2])
            raise ValueError(f"item {item} has {name} {now!r}, in another row {was!r}")
        plausible, typical = (of[row[name]] for name, of in self.places.items())
        return (
            Kind(row["kind"]), item, self.annotators.setdefault(row["annotator"], len(self.annotators)),
            TRUTH[row["counts"]], AUDITS[row["audit"]], plausible, typical, float(row["active_seconds"]),
            datetime.fromisoformat(row["judged_at"]).timestamp(), int(row.get("revision", NOT_SAID)),
            REVEALED[row.get("after_reveal", "")], plausible, NOT_SAID,
        )  # fmt: skip


def columns_in(file: BinaryIO, study: Study) -> Columns:
    """Items, annotators and rows in the order of their names, so that sums come out the same to the last digit."""
    answers = {each.name: {str(value): place for place, value in enumerate(each.ascending)} for each in study.questions}
    read = _Reading({name: {"": NOT_SAID} | places for name, places in answers.items()})
    rows = np.fromiter(read.rows(file), ROW)
    ids, rows["item"] = np.unique(rows["item"], return_inverse=True)
    annotators, place = np.unique(np.array(list(read.annotators), dtype=str), return_inverse=True)
    rows["who"] = place[rows["who"]]
    items = {name: np.array([read.items[pk][k] for pk in ids.tolist()], dtype=str) for k, name in enumerate(OF_ITEM)}
    rows = rows[np.lexsort([rows[name] for name in ("revision", *reversed(OF_JUDGMENT))])]
    has_revisions = bool((rows["revision"] != NOT_SAID).any())
    return Columns(_standing(rows) if has_revisions else rows, ids, items, annotators, has_revisions)


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
