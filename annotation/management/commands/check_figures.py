"""Work out every figure of a study anew from its exported CSV, and say what differs from what the pages show."""

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.figures_check import NOT_IN_CSV, figures_check
from annotation.judgment_files.cells import ImportRefused
from annotation.judgment_files.reading import opened
from annotation.models import Study


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="exported before; without it one is made now")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        study = Study.objects.filter(name=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study named {options['study']}")
        path = options["csv"]
        try:
            with opened(path) if path else nullcontext() as file:
                n, differences = figures_check(study, file)
        except ImportRefused as refusal:
            raise CommandError(f"{path}: {refusal}") from refusal
        except (OSError, ValueError) as error:  # a value error: a NUL in the path
            raise CommandError(f"{path} can't be read ({getattr(error, 'strerror', None) or error})") from error
        if options["json"]:
            report = {"study": study.name, "numbers": n, "differences": [asdict(each) for each in differences]}
            self.stdout.write(json.dumps(report | {"not_in_csv": NOT_IN_CSV}))
        else:
            for each in differences:
                self.stdout.write(f"{each.figure}: {each.shown} on the page, {each.from_csv} from the CSV")
            self.stdout.write(f"{n - len(differences):,} of {n:,} numbers are those of the CSV")
        if differences:
            raise CommandError(f"{len(differences):,} figures of study {study.name} differ from the export")
