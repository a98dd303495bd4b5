"""Computes the figures of a study from its exported CSV and compares them with those that the pages show.

What is compared are the numbers that a page is written from, field by field, and not its words.
"""

import hashlib
import math
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any, BinaryIO
from uuid import uuid4

import numpy as np

from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_stream
from annotation.exchange.files.columns import columns_in
from annotation.figures.comparison import rows_compare
from annotation.figures.numbers import figures_of
from annotation.figures.opinions import latent_figures
from annotation.figures.panels.all import panels_of
from annotation.figures.panels.shares import NAMES
from annotation.figures.periods.by_relation import MEASURES, relations_compare
from annotation.figures.periods.numbers import PERIODS, Period, periods
from annotation.figures.report import report_numbers
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.models import Judgment, Study
from annotation.recheck.dated import knows_when, periods_anew, relations_anew
from annotation.recheck.long_way import LONG_WAY
from annotation.recheck.rows import Exported
from annotation.recheck.sameness import cells_wanted
from annotation.selection import EVERYTHING, Selection
from common.snapshot import snapshot
from distillation.models import Run

TOLERANCE = 1e-12
# Of the sample's design, for items that nobody has judged are not in the export, and what is known of gold items.
NOT_IN_CSV = {
    "figures": ("items", "wanted"), "progress": ("untouched", "wanted"), "annotators": ("people.gold",),
    "recall": ("by_threshold.preserved",), "report": ("chances",),
}  # fmt: skip
TAKEN = (
    "figures: the runs whole, and stratum, chance and p(yes) of items that nobody has judged, as the database has them",
    "figures: who is in which group, and which of very many items are read one by one, as the database has it",
)
NOT_ITS_BYTES = "manifest: asins and texts, as the file has other bytes; they are compared with the study's"
TIMES = tuple(f"by {span}" for span in PERIODS)  # trend and drift over the years stand in each
Part = tuple[str, Callable[[Any], object], Callable[[Exported], object] | None, dict]


@dataclass(frozen=True, slots=True)
class Difference:
    figure: str
    shown: object
    from_csv: object


@dataclass(slots=True)
class Check:
    """`compared` numbers by where they are shown, of a choice all together; `not_in_csv` says what isn't, and why."""

    compared: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    not_in_csv: dict[str, None] = field(default_factory=lambda: dict.fromkeys(TAKEN))

    @property
    def numbers(self) -> int:
        return sum(self.compared.values())

    def compare(self, where: str, shown: dict[str, object], anew: dict[str, object]) -> None:
        names = dict.fromkeys((*shown, *anew))
        self.compared[where] = self.compared.get(where, 0) + len(names)
        found = (Difference(name, shown.get(name), anew.get(name)) for name in names)
        self.differences += [each for each in found if not _alike(each.shown, each.from_csv)]

    def compare_part(self, exported: Exported, part: Part) -> None:
        (name, numbers, anew, own), query, left_out = part, exported.asked.selection.query, NOT_IN_CSV.get(part[0], ())
        if reason := _unknowable(name, exported):
            self.not_in_csv[f"{name}: {reason}"] = None
            return
        self.not_in_csv |= dict.fromkeys(f"{name}: {each}" for each in left_out)
        of = replace(exported, asked=replace(exported.asked, **own))
        where = " ".join((name, *(f"{key} {value}" for key, value in own.items())))
        begins = f"{query}: " * bool(query) + f"{where}." * (name != "figures")
        both = (numbers(Live(of.asked)), (anew or numbers)(of))
        self.compare(query or where, *(_known(each, begins, left_out) for each in both))


def figures_check(
    study: Study, csv: BinaryIO | None = None, choices: Iterable[Selection] = (EVERYTHING,),
    *, only: Collection[str] = (), manifest: dict | None = None,
) -> Check:  # fmt: skip
    """Without a CSV one is exported first, with revisions, in the same snapshot; `only` these parts, else all."""
    check = Check()
    with snapshot(), tempfile.TemporaryFile() as made:
        file = csv or made
        if csv is None:
            made.writelines(judgments_stream(Rows(study, Options(revisions=True))))
        file.seek(0)
        columns = columns_in(file, study)
        check.compare("cells of items", *cells_wanted(study, columns, manifest))
        file.seek(0)
        if manifest and manifest["sha256"] != hashlib.file_digest(file, "sha256").hexdigest():  # type: ignore[arg-type]
            check.not_in_csv[NOT_ITS_BYTES] = None
        revision = str(uuid4())  # of its own: what is kept for others may be of a moment ago
        for choice in choices:
            exported = Exported(Asked(study, choice, revision), columns)
            for part in _parts(study, choice):
                if not only or part[0] in only:
                    check.compare_part(exported, part)
    return check


def _parts(study: Study, choice: Selection) -> Iterator[Part]:
    """What is worked out together: its name, how, how from a file if otherwise, and what is chosen for it alone."""
    yield "figures", figures_of, None, {}
    if choice.counted == EVERYTHING != choice:
        return  # the same judgments read otherwise: no panel has other numbers
    yield "latent truth", partial(latent_figures, draws=20), None, {}  # few will do: the votes are the same or not
    for panel in panels_of(study):
        for by in [{"by": by} for by in NAMES] if panel.has_switch else [{}]:
            yield panel.name, panel.numbers, LONG_WAY.get(panel.name), by
        if panel.name == "threshold" and choice == EVERYTHING:
            yield panel.name, panel.numbers, None, {"wanted": 0.7, "bound": "lower"}
    if choice == EVERYTHING:
        yield "report", lambda rows: report_numbers(study), Exported.of_report, {}
        for span in PERIODS:
            yield f"by {span}", partial(_periods, by=span), partial(periods_anew, by=span), {}
        for a, b in combinations(study.runs.order_by("pk"), 2):
            yield f"{a.name} against {b.name}", partial(rows_compare, a=a, b=b), None, {}
            for name in MEASURES:
                live, anew = (partial(each, a=a, b=b, measure=name) for each in (_by_relation, relations_anew))
                yield f"{a.name} against {b.name} by relation, {name}", live, anew, {}


def _periods(rows: Live, by: Period) -> object:
    return periods(rows.asked.study, by)


def _by_relation(rows: Live, a: Run, b: Run, measure: str) -> object:
    return relations_compare(rows.asked.study, a, b, measure)


def _unknowable(name: str, exported: Exported) -> str:
    """Why a CSV can't tell what is shown."""
    if name in TIMES and not knows_when(exported):
        return "the CSV has no bought_year and bought_month; leave out --csv, or export it again"
    if name == "anchoring" and not exported.csv.has_revisions:
        return "the CSV has no revisions; leave out --csv, or export it with --revisions"
    unanswered = Judgment.objects.counting().to_audit().filter(participant__study=exported.asked.study)
    if name == "anchoring" and (n := unanswered.exclude(revisions__after_reveal=True).count()):
        return f"{n:,} verdicts were revealed to people who have not answered yet, and the CSV has answers only"
    return ""


def _known(value: object, begins: str, left_out: Collection[str]) -> dict[str, object]:
    """The numbers by their names, less those in fields left out, whatever dictionary or list lies between."""
    out = "|".join(each.replace(".", r"\.(.+\.)?") + r"(\.|$)" for each in left_out)
    is_out = re.compile(out).match if out else lambda name: None
    return {begins + name: each for name, each in _numbers(value, "") if not is_out(name)}


def _numbers(value: Any, name: str) -> Iterator[tuple[str, object]]:
    """Of a dataclass the fields that make it equal to another; texts and what isn't defined are no numbers."""
    if is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in fields(value) if each.compare}
    elif isinstance(value, list | tuple | np.ndarray):
        value = dict(enumerate(value.tolist() if isinstance(value, np.ndarray) else value))
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _numbers(each, f"{name}.{key}" if name else str(key))
    elif not isinstance(value, str) and not (isinstance(value, float) and math.isnan(value)):
        yield name, value


def _alike(shown: object, anew: object) -> bool:
    if isinstance(shown, int | float) and isinstance(anew, int | float):
        return math.isclose(shown, anew, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return shown == anew
