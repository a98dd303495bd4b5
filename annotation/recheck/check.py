"""Computes the figures of a study from its exported CSV and compares them with those that the pages show.

What is compared are the numbers that a page is written from, field by field, and not its words.
"""

import hashlib
import re
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import BinaryIO
from uuid import uuid4

from annotation.exchange.exports.options import Options
from annotation.exchange.exports.rows import Rows
from annotation.exchange.exports.streams import judgments_stream
from annotation.exchange.files.columns import columns_in
from annotation.figures.pages.every import Figure, figures_shown
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.models import Study
from annotation.recheck.items import NotTold
from annotation.recheck.rows import Exported
from annotation.recheck.sameness import cells_wanted
from annotation.selection import EVERYTHING, Selection
from common.leaves import alike, leaves
from common.snapshot import snapshot

# Of the sample's design, for items that nobody has judged are not in the export, and what is known of gold items.
NOT_IN_CSV = {
    "figures": ("items", "wanted"), "progress": ("untouched", "wanted"), "annotators": ("people.gold",),
    "recall": ("by_threshold.preserved",), "report": ("chances",),
}  # fmt: skip
TAKEN = (
    "figures: the runs whole, and stratum, chance and p(yes) of items that nobody has judged, as the database has them",
    "figures: who is in which group, and which of very many items are read one by one, as the database has it",
)


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
        self.differences += [each for each in found if not alike(each.shown, each.from_csv)]

    def compare_figure(self, exported: Exported, figure: Figure) -> None:
        """The same function works it out from the rows of the database, as for the page, and from those of the file."""
        (name, numbers, own), query = figure, exported.asked.selection.query
        left_out = NOT_IN_CSV.get(name, ())
        of = replace(exported, asked=replace(exported.asked, **own))
        try:
            both = numbers(Live(of.asked)), numbers(of)
        except NotTold as reason:
            self.not_in_csv[f"{name}: {reason}"] = None
            return
        self.not_in_csv |= dict.fromkeys(f"{name}: {each}" for each in left_out)
        where = " ".join((name, *(f"{key} {value}" for key, value in own.items())))
        begins = f"{query}: " * bool(query) + f"{where}." * (name != "figures")
        self.compare(query or where, *(_told(each, begins, left_out) for each in both))


def figures_check(
    study: Study, csv: BinaryIO | None = None, choices: Iterable[Selection] = (EVERYTHING,),
    *, only: Collection[str] = (), manifest: dict | None = None,
) -> Check:  # fmt: skip
    """Without a CSV one is exported first, with revisions, in the same snapshot; `only` these parts, else all."""
    check = Check()
    with snapshot(), tempfile.TemporaryFile() as made:
        study, file = Study.objects.for_figures().get(pk=study.pk), csv or made
        if csv is None:
            made.writelines(judgments_stream(Rows(study, Options(revisions=True))))
        file.seek(0)
        columns = columns_in(file, study)
        check.compare("cells of items", *cells_wanted(study, columns, manifest))
        file.seek(0)
        if manifest and manifest["sha256"] != hashlib.file_digest(file, "sha256").hexdigest():  # type: ignore[arg-type]
            check.not_in_csv[
                "manifest: asins and texts, as the file has other bytes; those of the study are compared"
            ] = None
        revision = str(uuid4())  # of its own: what is kept for others may be of a moment ago
        for choice in choices:
            exported = Exported(Asked(study, choice, revision), columns)
            for figure in figures_shown(study, choice):
                if not only or figure[0] in only:
                    check.compare_figure(exported, figure)
    return check


def _told(value: object, begins: str, left_out: Collection[str]) -> dict[str, object]:
    """The numbers by their names, less those in fields left out, whatever dictionary or list lies between."""
    out = re.compile("|".join(each.replace(".", r"\.(.+\.)?") + r"(\.|$)" for each in left_out) or "(?!)")
    return {begins + name: each for name, each in leaves(value) if not out.match(name)}
