"""Computes the figures of a study from its exported CSV and compares them with those that the pages show.

What is compared are the numbers that a page is written from, field by field, and not its words.
"""

import math
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, BinaryIO
from uuid import uuid4

import numpy as np

from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_stream
from annotation.figures.numbers import figures_of
from annotation.figures.opinions import latent_figures
from annotation.figures.panels.all import panels_of
from annotation.figures.panels.shares import NAMES
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.figures.rows.singles import one_in
from annotation.models import Judgment, Study
from annotation.recheck.columns import columns_in
from annotation.recheck.long_way import LONG_WAY
from annotation.recheck.rows import Exported
from annotation.recheck.sameness import COLUMNS, other_cells
from common.snapshot import snapshot

TOLERANCE = 1e-12
LATENT_DRAWS = 20  # few resamples: the votes are the same or not
# Of the sample's design, for items that nobody has judged are not in the export, and what is known of gold items.
NOT_IN_CSV = {
    "figures": ("items", "wanted"),
    "progress": ("untouched", "wanted"),
    "annotators": ("people.gold",),
    "recall": ("by_threshold.preserved",),
}
# What the others are worked out with.
TAKEN = (
    "the runs' intentions, kept and sums of p(yes), taken as the database counts them",
    "stratum, chance and p(yes) of items that nobody has judged, taken as the database has them",
)
# Of very many judgments these are read from a part of the items, and so are these fields of the annotators.
SAMPLED, SAMPLED_FIELDS = ("joint", "pairs", "lenience", "latent truth"), ("seconds", "says_yes", "agrees")


@dataclass(frozen=True, slots=True)
class Difference:
    figure: str
    shown: object
    from_csv: object


@dataclass(slots=True)
class Check:
    """`compared` numbers by where they are shown; `not_in_csv` names those that are not compared, and why."""

    compared: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    not_in_csv: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> int:
        return sum(self.compared.values())

    def compare(self, where: str, shown: object, anew: object, *, name: str, without: Collection[str] = ()) -> None:
        one, other = dict(_numbers(shown, name, without=without)), dict(_numbers(anew, name, without=without))
        names = dict.fromkeys((*one, *other))
        self.compared[where] = len(names)
        pairs = [(each, one.get(each), other.get(each)) for each in names]
        self.differences += [Difference(*pair) for pair in pairs if not _alike(*pair[1:])]


@dataclass(frozen=True, slots=True)
class Part:
    """What is worked out together, from the rows of the database or of the file; `anew` goes a long way of its own."""

    name: str
    numbers: Callable[[Any], object]
    anew: Callable[[Exported], object]
    by: dict = field(default_factory=dict)

    @property
    def where(self) -> str:
        return " ".join((self.name, *(f"by {each}" for each in self.by.values())))


def figures_check(study: Study, csv: BinaryIO | None = None) -> Check:
    """Without a CSV one is exported first, with revisions, in the same snapshot."""
    check = Check()
    with snapshot(), tempfile.TemporaryFile() as file:
        if csv is None:
            file.writelines(judgments_stream(Rows(study, Options(revisions=True))))
            file.seek(0)
        columns = columns_in(csv or file, study)
        check.compared["cells of items"] = len(columns.ids) * (len(COLUMNS) + 1)
        check.differences += [Difference(*cell) for cell in other_cells(study, columns)]
        # A revision of its own: what is kept for others may be of a moment ago.
        exported = Exported(Asked(study, revision=str(uuid4())), columns)
        check.not_in_csv += [f"figures: {each}" for each in TAKEN]
        for part in _parts(study):
            _check(check, part, exported)
    check.not_in_csv = list(dict.fromkeys(check.not_in_csv))
    return check


def _parts(study: Study) -> Iterator[Part]:
    yield Part("figures", figures_of, figures_of)
    yield Part("latent truth", *2 * [lambda rows: latent_figures(rows, LATENT_DRAWS)])
    for panel in panels_of(study):
        for by in [{"by": by} for by in NAMES] if panel.has_switch else [{}]:
            yield Part(panel.name, panel.numbers, LONG_WAY.get(panel.name, panel.numbers), by)


def _check(check: Check, part: Part, exported: Exported) -> None:
    if reason := _unknowable(part.name, exported):
        check.not_in_csv.append(f"{part.name}: {reason}")
        return
    left_out = dict.fromkeys(NOT_IN_CSV.get(part.name, ()), "")
    if part.name == "annotators" and (part_of := one_in(exported.asked)) > 1:
        left_out |= dict.fromkeys([f"people.{each}" for each in SAMPLED_FIELDS], f" ({_sampled(part_of)})")
    check.not_in_csv += [f"{part.name}: {each}{why}" for each, why in left_out.items()]
    rows = replace(exported, asked=replace(exported.asked, **part.by))
    shown, anew = part.numbers(Live(rows.asked)), part.anew(rows)
    name = "" if part.name == "figures" else part.where
    check.compare(part.where, shown, anew, name=name, without=left_out)


def _unknowable(name: str, exported: Exported) -> str:
    """Why a CSV can't tell what is shown."""
    if name == "p_yes":
        return "of all intentions of the run, and the CSV has those that were judged"
    if name in SAMPLED and (part := one_in(exported.asked)) > 1:
        return _sampled(part)
    if name == "anchoring" and not exported.csv.has_revisions:
        return "the CSV has no revisions; leave out --csv, or export it with --revisions"
    if name == "anchoring" and (n := _unanswered(exported.asked.study)):
        return f"{n:,} verdicts were revealed to people who have not answered yet, and the CSV has answers only"
    return ""


def _sampled(part: int) -> str:
    return f"of 1 in {part} items, and the CSV does not say which"


def _unanswered(study: Study) -> int:
    unanswered = Judgment.objects.counting().to_audit().filter(participant__study=study)
    return unanswered.exclude(revisions__after_reveal=True).count()


def _numbers(value: object, name: str, path: str = "", *, without: Collection[str]) -> Iterator[tuple[str, object]]:
    """By what they are called; `path` has the fields only, not what a dictionary holds by."""
    if path in without or isinstance(value, str):
        return
    if (parts := _within(value)) is None:
        yield name, value
        return
    for key, each in parts.items():
        inner = ".".join(filter(None, (path, key))) if is_dataclass(value) else path
        yield from _numbers(each, f"{name}.{key}" if name else str(key), inner, without=without)


def _within(value: object) -> dict | None:
    """What has parts, as a dictionary of them: of a dataclass those that make it equal to another, of an array those
    that are defined."""
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value) if each.compare}
    if isinstance(value, np.ndarray):
        return {place: each for place, each in enumerate(value.tolist()) if not math.isnan(each)}
    if isinstance(value, list | tuple):
        return dict(enumerate(value))
    return value if isinstance(value, dict) else None


def _alike(shown: object, anew: object) -> bool:
    if isinstance(shown, int | float) and isinstance(anew, int | float):
        return math.isclose(shown, anew, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return shown == anew
