"""The figures of a study worked out anew from its exported CSV, item by item, beside those that the pages show.

Neither the tallies on the items nor the patterns that they are grouped by are read.
"""

import math
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from annotation.exports import judgments_csv
from annotation.judgment_files.cells import ImportRefused
from annotation.judgment_files.reading import csv_rows
from annotation.knowledge.snapshot import snapshot
from annotation.models import Study
from annotation.patterns import Patterns
from annotation.reports import Figures, by_group, figures_of, study_figures
from annotation.scales import Question
from annotation.stats.packing import unit
from annotation.stats.rates import wilson

TOLERANCE = 1e-12
# Of the sample's design: items that nobody has judged are not in the export.
NOT_IN_CSV = ("items", "wanted")


@dataclass(frozen=True, slots=True)
class Difference:
    figure: str
    shown: object
    from_csv: object


@dataclass(slots=True)
class Judged:
    """What counts in the CSV. `said` has, for each question, the places of item and answer, judgment by judgment."""

    items: dict[str, int] = field(default_factory=dict)
    columns: dict[str, list] = field(
        default_factory=lambda: {name: [] for name in ("relation", "filter", "stratum", "inclusion_probability")}
    )
    said: dict[str, tuple[array, array]] = field(default_factory=dict)
    annotators: set[str] = field(default_factory=set)
    asked: int = 0
    right: int = 0


def figures_check(study: Study, csv: BinaryIO | None = None) -> tuple[int, list[Difference]]:
    """How many numbers were compared, and which differ. Without a CSV one is exported, of the same moment."""
    with snapshot(), tempfile.TemporaryFile() as exported:
        shown = study_figures(study)
        if csv is None:
            exported.writelines(judgments_csv(study))
            exported.seek(0)
        judged = _judged(csv or exported, study)
        anew = _figures(judged, study, shown)
    pairs = list(_pairs(shown.as_dict(), anew.as_dict()))
    differences = [Difference(*pair) for pair in pairs if not _alike(*pair[1:])]
    return len(pairs), differences


def _judged(file: BinaryIO, study: Study) -> Judged:
    judged = Judged(said={question.name: (array("q"), array("q")) for question in study.questions})
    places = {
        question.name: {str(value): place for place, value in enumerate(question.ascending)}
        for question in study.questions
    }
    for line, row in csv_rows(file):
        if row["counts"] != "t":
            continue
        try:
            _add(judged, row, places)
        except KeyError as error:
            raise ImportRefused(f"line {line}: {error} is none of the study's answers") from error
    return judged


def _add(judged: Judged, row: dict[str, str], places: dict[str, dict[str, int]]) -> None:
    item = judged.items.setdefault(row["item"], len(judged.items))
    if item == len(judged.columns["relation"]):
        for name, column in judged.columns.items():
            column.append(row[name])
    for name, (items, answers) in judged.said.items():
        if row[name]:
            items.append(item)
            answers.append(places[name][row[name]])
    judged.annotators.add(row["annotator"])
    judged.asked += row["audit"] != ""
    judged.right += row["audit"] == "right"


def _figures(judged: Judged, study: Study, shown: Figures) -> Figures:
    rows = _patterns(judged, study.questions)
    return Figures(
        items=shown.items,
        wanted=shown.wanted,
        items_complete=int((rows.counts[study.questions[0].name].sum(axis=1) == study.overlap).sum()),
        annotators=len(judged.annotators),
        updated_at=None,
        audit=wilson(judged.right, judged.asked),
        by_relation=by_group(rows, study.questions),
        **figures_of(rows, study.questions),
    )


def _patterns(judged: Judged, questions: tuple[Question, ...]) -> Patterns:
    """Each item is a row of its own."""
    n, filtered = len(judged.items), np.array(judged.columns["filter"], dtype=str)
    counts = {}
    for question in questions:
        counts[question.name] = np.zeros((n, len(question.options)), dtype=np.int64)
        items, answers = (np.frombuffer(places, dtype=np.int64) for places in judged.said[question.name])
        np.add.at(counts[question.name], (items, answers), 1)
    units = {question.name: np.array([unit(place) for place in range(len(question.options))]) for question in questions}
    return Patterns(
        items=np.ones(n, dtype=np.int64),
        group=np.array(judged.columns["relation"], dtype=str),
        kept=filtered == "kept",
        filtered=filtered != "",
        stratum=np.unique(np.array(judged.columns["stratum"], dtype=str), return_inverse=True)[1],
        inclusion=np.array(judged.columns["inclusion_probability"], dtype=float),
        packed={name: counts[name] @ units[name] for name in counts},
        counts=counts,
    )


def _pairs(shown: object, anew: object, name: str = "") -> Iterator[tuple[str, object, object]]:
    """The numbers and words of both, by what they are called."""
    if isinstance(shown, list) and any(isinstance(each, dict) and "relation" in each for each in shown):
        shown, anew = ({each["relation"]: each for each in rows} for rows in (shown, anew))
    if isinstance(shown, list | tuple) and isinstance(anew, list | tuple):
        shown, anew = dict(enumerate(shown)), dict(enumerate(anew))
    if not (isinstance(shown, dict) and isinstance(anew, dict)):
        yield name, shown, anew
        return
    for key in (*shown, *(key for key in anew if key not in shown)):
        if name or key not in NOT_IN_CSV:
            yield from _pairs(shown.get(key), anew.get(key), f"{name}.{key}" if name else str(key))


def _alike(shown: object, anew: object) -> bool:
    if isinstance(shown, int | float) and isinstance(anew, int | float):
        return math.isclose(shown, anew, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return shown == anew
