"""The figures of a study: rates, agreement, filter quality, with 95 % intervals."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.figures_page import figures_page
from annotation.models import Study
from annotation.reports import study_figures


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        study = Study.objects.filter(name=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study named {options['study']}")
        if options["json"]:
            self.stdout.write(
                json.dumps({"study": study.name, "simulated": study.simulated, **study_figures(study).as_dict()})
            )
            return
        page = figures_page(study)
        self.stdout.write(f"{study.name}: {page['judgments']:,} of {page['wanted']:,} judgments")
        if study.simulated:
            self.stdout.write("Simulated judgments: made by a program, not by people.")
        for group, rows in self._groups(page):
            self.stdout.write(f"\n{group}")
            for row in rows:
                self.stdout.write(
                    f"  {row['name']:36} {row['value']:>9}  {row['interval'] or row['reason']:24} {row['n']}"
                )

    def _groups(self, page: dict) -> list[tuple[str, list[dict]]]:
        headlines = [{**row, "name": row["title"]} for row in page["headlines"]]
        agreement = [(f"Agreement: {part['question']}", part["rows"]) for part in page["agreement"]]
        return [
            ("Headlines", headlines),
            *agreement,
            ("Filter against people", [*page["confusion"]["rows"], page["audit"]]),
        ]
