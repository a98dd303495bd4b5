"""Work out every figure of a study anew from its exported CSV, and say what differs from what the pages show."""

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.exchange.files.cells import ImportRefused
from annotation.exchange.files.reading import opened
from annotation.models import Study
from annotation.recheck.check import Check, figures_check


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
        if study.is_preference:
            raise CommandError(f"{study.name} is a preference study; the figures of studies of ratings can be checked")
        path = options["csv"]
        try:
            with opened(path) if path else nullcontext() as file:
                check = figures_check(study, file)
        except ImportRefused as refusal:
            raise CommandError(f"{path}: {refusal}") from refusal
        except (OSError, ValueError) as error:  # a value error: a NUL in the path
            raise CommandError(f"{path} can't be read ({getattr(error, 'strerror', None) or error})") from error
        self.stdout.write(json.dumps({"study": study.name, **_report(check)}) if options["json"] else _words(check))
        if check.differences:
            raise CommandError(f"{len(check.differences):,} figures of study {study.name} differ from the export")


def _report(check: Check) -> dict:
    return {
        "numbers": check.numbers,
        "compared": check.compared,
        "differences": [asdict(each) for each in check.differences],
        "not_in_csv": check.not_in_csv,
    }


def _words(check: Check) -> str:
    lines = [f"{where}: {n:,} compared" for where, n in check.compared.items()]
    lines += [f"not in the CSV: {each}" for each in check.not_in_csv]
    lines += [f"{each.figure}: {each.shown} on the page, {each.from_csv} from the CSV" for each in check.differences]
    same = check.numbers - len(check.differences)
    return "\n".join((*lines, f"{same:,} of {check.numbers:,} numbers are those of the CSV"))
