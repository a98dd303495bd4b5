"""The figures of a study: rates, agreement, filter quality, with 95 % intervals."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.design.versions import VersionsRefused, versions_of
from annotation.figures.headline import figures_page
from annotation.figures.numbers import study_figures, study_revision
from annotation.figures.panels import agreement
from annotation.figures.panels.filter import confusion
from annotation.figures.panels.panel import Panel, Shown
from annotation.figures.preferences.numbers import preference_figures
from annotation.figures.preferences.page import PARTS
from annotation.figures.rows.asked import Asked
from annotation.models import Skip, Study
from annotation.selection import Selection


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--study-version", default="", metavar="1,3-5", help="of the protocol that was answered")
        parser.add_argument("--with-seen", action="store_true", help="of people too who had seen verdicts")
        parser.add_argument("--with-excluded", action="store_true", help="of excluded annotators too")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        study = Study.objects.filter(name=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study named {options['study']}")
        if study.is_preference:
            self._write_preferences(study, as_json=options["json"])
            return
        chosen = _chosen(study, options)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(study, chosen)))
            return
        asked = Asked(study, chosen, study_revision(study))
        page = figures_page(asked)
        self.stdout.write(f"{study.name}: {page['judgments']:,} of {page['wanted']:,} judgments")
        if study.simulated:
            self.stdout.write("Simulated judgments: made by a program, not by people.")
        for run in study.set_here:
            self.stdout.write(f"The strictness of {run.name} was set from this study: its figures there are too good.")
        self.stdout.write("\nHeadlines")
        for row in [*page["headlines"], page["audit"]]:
            value = " ".join(filter(None, (row["value"], row["unit"])))
            self.stdout.write(f"  {row['title']:36} {value:>9}  {row['interval'] or row['reason']:28} {row['n']}")
        for panel in (agreement.PANEL, confusion.PANEL):
            self._write(panel, panel.shown(asked))
        skips = chosen.skips(study).by_reason()
        told = ", ".join(f"{Skip.Reason(reason).label} {n:,}" for reason, n in skips.items())
        self.stdout.write(f"\nSkipped: {told or 'nothing'}")

    def _write_preferences(self, study: Study, *, as_json: bool) -> None:
        figures = preference_figures(study)
        if as_json:
            told = {"study": study.name, "simulated": study.simulated, **figures.as_dict(), "skips": figures.skips}
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"{study.name}: {figures.judgments:,} of {figures.wanted:,} judgments")
        if study.simulated:
            self.stdout.write("Simulated judgments: made by a program, not by people.")
        for _, _, make in PARTS.values():
            table = make(figures)
            self.stdout.write(f"\n{table.caption}")
            for line in table.lines:
                cells = zip(table.heads, line, strict=True)
                self.stdout.write(
                    "  " + "; ".join(f"{head.text} {cell.text} {cell.small}".rstrip() for head, cell in cells)
                )

    def _write(self, panel: Panel, shown: Shown) -> None:
        self.stdout.write(f"\n{panel.title}")
        if shown.table is None:
            self.stdout.write(f"  {shown.empty}")
            return
        for line in shown.table.lines:
            name, figure = ": ".join(cell.text for cell in line[:-2]), line[-2]
            self.stdout.write(f"  {name:48} {figure.text:>9}  {figure.small:28} n = {line[-1].text}")


def _chosen(study: Study, options: dict) -> Selection:
    try:
        version = versions_of(study, options["study_version"])
    except VersionsRefused as refusal:
        raise CommandError(str(refusal)) from refusal
    return Selection(version=version, with_seen=options["with_seen"], with_excluded=options["with_excluded"])


def _as_json(study: Study, chosen: Selection) -> dict:
    """Agreement has the keys that `agreement CSV` gives it; a label can't be repeated here."""
    figures = study_figures(study, chosen).as_dict()
    judgments = chosen.judgments(study)
    for name, report in figures["agreement"].items():
        answered = judgments.exclude(**{name: None}).order_by().values("participant").distinct().count()
        figures["agreement"][name] = {**report, "annotators": answered, "repeated_labels": 0}
    skips = chosen.skips(study).by_reason()
    own = {run.name: run.strictness for run in study.set_here}
    return {"study": study.name, "simulated": study.simulated, **figures, "skips": skips, "strictness_set_here": own}
