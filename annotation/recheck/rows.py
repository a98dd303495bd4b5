"""An exported CSV of judgments as columns: all that its figures are worked out from anew."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from annotation.exchange.files.cells import ImportRefused
from annotation.exchange.files.reading import csv_rows
from annotation.figures.patterns import Patterns
from annotation.models import Study
from annotation.scales import Question
from stats.packing import unit

OF_ITEM = ("relation", "category", "run", "filter", "verdict", "p_yes", "stratum", "inclusion_probability")
NEEDED = (*OF_ITEM, "audit", "active_seconds")
NOT_SAID = -1
AUDITS = {"right": 1, "wrong": 0, "": NOT_SAID}


@dataclass(slots=True)
class Judged:
    """`columns` by judgment of a sampled item, with the places of item, annotator and answers; `items` by item.

    Ratings are those that count; `after` is the plausibility of the last revision after the reveal. Who has judged
    `repeats` is there by annotator, item and answers.
    """

    columns: dict[str, array] = field(
        default_factory=lambda: {
            **{name: array("q") for name in ("item", "annotator", "counts", "audit", "after")},
            **{name: array("q") for name in ("plausibility", "typicality")},
            **{name: array("d") for name in ("seconds", "at")},
        }
    )
    items: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in OF_ITEM})
    item_places: dict[str, int] = field(default_factory=dict)
    annotators: dict[str, int] = field(default_factory=dict)
    repeats: list[tuple[int, int, int, int]] = field(default_factory=list)
    has_revisions: bool = False

    def __getitem__(self, column: str) -> NDArray:
        return np.array(self.columns[column])

    @property
    def counting(self) -> NDArray[np.bool_]:
        return self["counts"] == 1

    @property
    def with_counting(self) -> NDArray[np.int64]:
        """Places of the items that have a judgment that counts."""
        return np.unique(self["item"][self.counting])

    def of_items(self, column: str) -> NDArray[np.str_]:
        return np.array(self.items[column], dtype=str)[self.with_counting]

    def answers(self, question: Question, among: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """How often each answer counts, by item with a judgment that counts; `among` chooses judgments."""
        said = self[question.name]
        chosen = self.counting & (said != NOT_SAID) & (True if among is None else among)
        n = len(question.options)
        cells = np.bincount(self["item"][chosen] * n + said[chosen], minlength=len(self.item_places) * n)
        return cells.reshape(-1, n)[self.with_counting]


def judged_in(file: BinaryIO, study: Study) -> Judged:
    judged, places = Judged(), [_places(question) for question in study.questions]
    for line, row, revised in _standing(file):
        try:
            _add(judged, row, revised, places)
        except KeyError as error:
            raise ImportRefused(f"line {line}: {error} is none of the study's answers") from error
        except ValueError as error:
            raise ImportRefused(f"line {line}: {error}") from error
    return judged


def _places(question: Question) -> dict[str, int]:
    return {"": NOT_SAID} | {str(value): place for place, value in enumerate(question.ascending)}


def _standing(file: BinaryIO) -> Iterator[tuple[int, dict[str, str], str]]:
    """Of each judgment the row with the ratings that count, and the plausibility that it has after the reveal.

    In an export of revisions the rows of a judgment stand together.
    """
    for _, group in groupby(csv_rows(file), key=_judgment):
        rows = list(group)
        blind = [each for each in rows if each[1].get("after_reveal") != "t"] or rows
        revised = rows[-1][1]["plausibility"] if rows[-1][1].get("after_reveal") == "t" else ""
        yield *blind[-1], revised


def _judgment(numbered: tuple[int, dict[str, str]]) -> object:
    line, row = numbered
    return (row["item"], row["annotator"], row["judged_at"]) if "revision" in row else line


def _add(judged: Judged, row: dict[str, str], revised: str, places: list[dict[str, int]]) -> None:
    if missing := [name for name in NEEDED if name not in row]:
        raise ValueError(f"column {missing[0]} is missing; export the study with export_judgments")
    judged.has_revisions |= "revision" in row
    annotator = judged.annotators.setdefault(row["annotator"], len(judged.annotators))
    if row["kind"] == "gold":
        return
    item = _item(judged, row)
    said = [place[row[name]] for place, name in zip(places, ("plausibility", "typicality"), strict=True)]
    if row["kind"] == "repeat":
        judged.repeats.append((annotator, item, *said))
        return
    values = (
        item, annotator, row["counts"] == "t", AUDITS[row["audit"]], places[0][revised], *said,
        float(row["active_seconds"]), datetime.fromisoformat(row["judged_at"]).timestamp(),
    )  # fmt: skip
    for column, value in zip(judged.columns.values(), values, strict=True):
        column.append(value)


def _item(judged: Judged, row: dict[str, str]) -> int:
    item = judged.item_places.setdefault(row["item"], len(judged.item_places))
    for name, column in judged.items.items():
        if item == len(column):
            column.append(row[name])
        elif column[item] != row[name]:
            raise ValueError(f"item {row['item']} has {name} {row[name]!r}, in an earlier row {column[item]!r}")
    return item


def patterns_in(judged: Judged, questions: tuple[Question, ...]) -> Patterns:
    """Each item that has a judgment that counts is a row of its own."""
    counts = {question.name: judged.answers(question) for question in questions}
    units = {question.name: np.array([unit(place) for place in range(len(question.options))]) for question in questions}
    filtered = judged.of_items("filter")
    return Patterns(
        items=np.ones(len(filtered), dtype=np.int64),
        group=judged.of_items("relation"),
        kept=filtered == "kept",
        filtered=filtered != "",
        stratum=np.unique(judged.of_items("stratum"), return_inverse=True)[1],
        inclusion=judged.of_items("inclusion_probability").astype(float),
        packed={name: counts[name] @ units[name] for name in counts},
        counts=counts,
    )
