"""An exported CSV of judgments as columns: all that its figures are worked out from anew, in whatever order it is."""

from array import array
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from annotation.exchange.files.cells import TRUTH, ImportRefused
from annotation.exchange.files.reading import csv_rows
from annotation.models import Study
from annotation.scales import Question

OF_ITEM = (
    "relation", "category", "run", "filter", "verdict", "p_yes", "stratum", "inclusion_probability",
    "item", "study", "asin_a", "asin_b", "intention", "strictness",
)  # fmt: skip
NEEDED = (*OF_ITEM, "audit", "active_seconds")
NOT_SAID = -1
KINDS = {"item": 0, "repeat": 1, "extra": 2}
AUDITS = {"right": 1, "wrong": 0, "": NOT_SAID}
WHOLE = ("kind", "item", "annotator", "counts", "audit", "plausibility", "typicality", "revision", "after_reveal")
OF_JUDGMENT = ("kind", "item", "annotator", "at")  # what its revisions have in common


@dataclass(slots=True)
class Columns:
    """By judgment, with the numbers of item, annotator and answers; `items` by item.

    Ratings are those that count; `first` is the plausibility as it was first given, and `after` that of the last
    revision after the reveal.
    """

    of_judgments: dict[str, NDArray]
    items: dict[str, NDArray[np.str_]]
    annotators: list[str]
    has_revisions: bool

    def __getitem__(self, column: str) -> NDArray:
        return self.of_judgments[column]

    def of_kind(self, kind: str) -> "Columns":
        within = self["kind"] == KINDS[kind]
        chosen = {name: column[within] for name, column in self.of_judgments.items()}
        return Columns(chosen, self.items, self.annotators, self.has_revisions)

    def votes(self, excluded: Collection[str]) -> "Columns":
        """First judgments that count and extra votes of people who are not excluded, item by item."""
        is_extra, out = self["kind"] == KINDS["extra"], np.isin(np.array(self.annotators, dtype=str), list(excluded))
        counts = self.counting | is_extra & ~out[self["annotator"]]
        order = np.lexsort((self["annotator"], self["item"]))
        order = order[counts[order]]
        chosen = {name: column[order] for name, column in self.of_judgments.items()}
        return Columns(chosen | {"counts": counts[order]}, self.items, self.annotators, self.has_revisions)

    @property
    def counting(self) -> NDArray[np.bool_]:
        return self["counts"] == 1

    @property
    def n_items(self) -> int:
        return len(self.items["relation"])

    @property
    def with_counting(self) -> NDArray[np.int64]:
        """The items that have a judgment that counts."""
        return np.unique(self["item"][self.counting])

    def of_items(self, column: str) -> NDArray[np.str_]:
        return self.items[column][self.with_counting]

    def answers(self, question: Question) -> NDArray[np.int64]:
        """How often each answer counts, by item with a judgment that counts."""
        said, n = self[question.name], len(question.options)
        chosen = self.counting & (said != NOT_SAID)
        cells = np.bincount(self["item"][chosen] * n + said[chosen], minlength=self.n_items * n)
        return cells.reshape(-1, n)[self.with_counting]


@dataclass(slots=True)
class _Read:
    """Row by row, items and annotators in the order in which they come."""

    rows: dict[str, array] = field(
        default_factory=lambda: {name: array("q") for name in WHOLE} | {name: array("d") for name in ("seconds", "at")}
    )
    items: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in OF_ITEM})
    numbers: dict[str, int] = field(default_factory=dict)
    annotators: dict[str, int] = field(default_factory=dict)
    has_revisions: bool = False


def columns_in(file: BinaryIO, study: Study) -> Columns:
    read, places = _Read(), [_places(question) for question in study.questions]
    for line, row in csv_rows(file):
        try:
            _add(read, row, places)
        except KeyError as error:
            raise ImportRefused(f"line {line}: {error} is none of the study's answers") from error
        except ValueError as error:
            raise ImportRefused(f"line {line}: {error}") from error
    return _standing(_sorted(read))


def _places(question: Question) -> dict[str, int]:
    return {"": NOT_SAID} | {str(value): place for place, value in enumerate(question.ascending)}


def _add(read: _Read, row: dict[str, str], places: list[dict[str, int]]) -> None:
    if missing := [name for name in NEEDED if name not in row]:
        raise ValueError(f"column {missing[0]} is missing; export the study with export_judgments")
    read.has_revisions |= "revision" in row
    annotator = read.annotators.setdefault(row["annotator"], len(read.annotators))
    if row["kind"] == "gold":
        return
    said = [place[row[name]] for place, name in zip(places, ("plausibility", "typicality"), strict=True)]
    values = (
        KINDS[row["kind"]], _item(read, row), annotator, TRUTH[row["counts"]], AUDITS[row["audit"]], *said,
        int(row.get("revision", 0)), bool(row.get("after_reveal")) and TRUTH[row["after_reveal"]],
        float(row["active_seconds"]), datetime.fromisoformat(row["judged_at"]).timestamp(),
    )  # fmt: skip
    for column, value in zip(read.rows.values(), values, strict=True):
        column.append(value)


def _item(read: _Read, row: dict[str, str]) -> int:
    item = read.numbers.setdefault(row["item"], len(read.numbers))
    for name, column in read.items.items():
        if item == len(column):
            column.append(row[name])
        elif column[item] != row[name]:
            raise ValueError(f"item {row['item']} has {name} {row[name]!r}, in another row {column[item]!r}")
    return item


def _sorted(read: _Read) -> Columns:
    """Sort items, annotators and rows by name, so that sums come out the same to the last digit."""
    items, annotators = list(read.numbers), list(read.annotators)
    by_name = sorted(range(len(items)), key=lambda n: (len(items[n]), items[n]))
    rows = {name: np.array(column) for name, column in read.rows.items()}
    rows["item"] = np.argsort(by_name)[rows["item"]] if items else rows["item"]
    rows["annotator"] = np.argsort(np.argsort(annotators))[rows["annotator"]] if annotators else rows["annotator"]
    order = np.lexsort([rows[name] for name in ("revision", *reversed(OF_JUDGMENT))])
    columns = {name: np.array(column, dtype=str)[by_name] for name, column in read.items.items()}
    return Columns({name: each[order] for name, each in rows.items()}, columns, sorted(annotators), read.has_revisions)


def _standing(rows: Columns) -> Columns:
    """Of each judgment the ratings that count: the last before the reveal, or the last of all."""
    n = len(rows["item"])
    first = np.arange(n)
    if rows.has_revisions and n:
        changes = np.r_[True, np.any([np.diff(rows[name]) != 0 for name in OF_JUDGMENT], axis=0)]
        if np.any(~changes[1:] & (np.diff(rows["revision"]) == 0)):
            raise ImportRefused("a revision of a judgment is there twice")
        first = np.flatnonzero(changes)
    last, revealed = np.r_[first[1:], n][: len(first)] - 1, rows["after_reveal"] == 1
    blind = np.maximum.reduceat(np.where(revealed, -1, np.arange(n)), first) if n else last
    stands = np.where(blind < 0, last, blind)
    columns = {name: column[stands] for name, column in rows.of_judgments.items()}
    columns["first"] = rows["plausibility"][first]
    columns["after"] = np.where(revealed[last], rows["plausibility"][last], NOT_SAID)
    return Columns(columns, rows.items, rows.annotators, rows.has_revisions)
