"""Computes the figures of a study from its exported CSV and compares them with those that the pages show.

What is compared are the numbers that a page is written from, field by field, and not its words.
"""

import math
import tempfile
from collections.abc import Collection, Iterable, Iterator
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
from annotation.figures.panels.panel import Panel
from annotation.figures.panels.shares import NAMES
from annotation.figures.patterns import By
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.figures.rows.singles import one_in
from annotation.models import Judgment, Study
from annotation.recheck.columns import Columns, columns_in
from annotation.recheck.long_way import LONG_WAY
from annotation.recheck.rows import Exported, exported_in
from annotation.recheck.sameness import COLUMNS, other_cells
from annotation.selection import EVERYTHING
from common.snapshot import snapshot

TOLERANCE = 1e-12
# Of the sample's design, for items that nobody has judged are not in the export, and what is known of gold items.
NOT_IN_CSV = {
    "figures": ("items", "wanted"),
    "progress": ("untouched", "wanted"),
    "annotators": ("people.gold",),
    "recall": ("by_threshold.preserved",),
}
LATENT_DRAWS = 20
# What the others are worked out with.
TAKEN = (
    "the runs' intentions, kept and sums of p(yes), taken as the database counts them",
    "stratum, chance and p(yes) of items that nobody has judged, taken as the database has them",
)
# Of very many judgments these are read from a part of the items.
SAMPLED = ("people.seconds", "people.says_yes", "people.agrees")


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

    def compare(self, where: str, shown: object, anew: object, *, name: str, without: Collection[str]) -> None:
        pairs = list(_pairs(shown, anew, name, "", without))
        self.compared[where] = len(pairs)
        self.differences += [Difference(*pair) for pair in pairs if not _alike(*pair[1:])]

    def compare_cells(self, study: Study, columns: Columns) -> None:
        self.compared["cells of items"] = columns.n_items * (len(COLUMNS) + 1)
        self.differences += [Difference(*cell) for cell in other_cells(study, columns)]


def figures_check(study: Study, csv: BinaryIO | None = None) -> Check:
    """Without a CSV one is exported first, with revisions, in the same snapshot."""
    check = Check()
    with snapshot(), tempfile.TemporaryFile() as file:
        if csv is None:
            file.writelines(judgments_stream(Rows(study, Options(revisions=True))))
            file.seek(0)
        # A revision of its own: what is kept for others may be of a moment ago.
        asked = Asked(study, EVERYTHING, str(uuid4()))
        columns = columns_in(csv or file, study)
        check.compare_cells(study, columns)
        exported = exported_in(columns, asked)
        left_out = NOT_IN_CSV["figures"]
        check.not_in_csv += [f"figures: {each}" for each in (*left_out, *TAKEN)]
        check.compare("figures", figures_of(Live(asked)), figures_of(exported), name="", without=left_out)
        _check_latent(check, exported)
        for panel in panels_of(study):
            _check_panel(check, panel, exported)
    return check


def _check_latent(check: Check, exported: Exported) -> None:
    """With few resamples: the votes are the same or not."""
    if (part := one_in(exported.asked)) > 1:
        check.not_in_csv.append(f"latent truth: {_sampled(part)}")
        return
    shown, anew = (latent_figures(rows, LATENT_DRAWS) for rows in (Live(exported.asked), exported))
    check.compare("latent truth", shown, anew, name="latent truth", without=())


def _check_panel(check: Check, panel: Panel[Any], exported: Exported) -> None:
    if reason := _unknowable(panel.name, exported):
        check.not_in_csv.append(f"{panel.name}: {reason}")
        return
    left_out = dict.fromkeys(NOT_IN_CSV.get(panel.name, ()), "")
    if panel.name == "annotators" and (part := one_in(exported.asked)) > 1:
        left_out |= dict.fromkeys(SAMPLED, f" ({_sampled(part)})")
    check.not_in_csv += [f"{panel.name}: {each}{why}" for each, why in left_out.items()]
    recount = LONG_WAY.get(panel.name, panel.numbers)
    choices: Iterable[By] = NAMES if panel.has_switch else ("relation",)
    for by in choices:
        where = f"{panel.name} by {by}" if panel.has_switch else panel.name
        rows = replace(exported, asked=replace(exported.asked, by=by))
        check.compare(where, panel.numbers(Live(rows.asked)), recount(rows), name=where, without=left_out)


def _unknowable(name: str, exported: Exported) -> str:
    """Why a CSV can't tell what the panel shows."""
    if name == "p_yes":
        return "of all intentions of the run, and the CSV has those that were judged"
    if name in ("joint", "pairs", "lenience") and (part := one_in(exported.asked)) > 1:
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


def _pairs(
    shown: object, anew: object, name: str, path: str, without: Collection[str]
) -> Iterator[tuple[str, object, object]]:
    """The numbers of both, by what they are called; `path` has the fields only, not what a dictionary holds by."""
    if path in without or isinstance(shown, str) or isinstance(anew, str):
        return
    parts, others = _parts(shown), _parts(anew)
    if parts is None or others is None:
        yield name, shown, anew
        return
    for key in dict.fromkeys((*parts, *others)):
        inner = ".".join(filter(None, (path, key))) if is_dataclass(shown) else path
        yield from _pairs(parts.get(key), others.get(key), f"{name}.{key}" if name else str(key), inner, without)


def _parts(value: object) -> dict | None:
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
