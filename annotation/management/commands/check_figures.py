"""Work out every figure of a study anew from its exported CSV, and say what differs from what the pages show."""

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.design.versions import VersionsRefused, versions_of
from annotation.exchange.files.cells import ImportRefused
from annotation.exchange.files.reading import opened
from annotation.figures.pages.selection_form import single_choices
from annotation.models import Study
from annotation.recheck.check import Check, figures_check
from annotation.selection import Selection


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="exported before; without it one is made now")
        parser.add_argument("--choices", action="store_true", help="also each choice that the page offers, by itself")
        parser.add_argument("--study-version", default="", metavar="1,3-5", help="of these versions' answers alone")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        study, path = Study.objects.filter(name=options["study"]).first(), options["csv"]
        if study is None:
            raise CommandError(f"There is no study named {options['study']}")
        if study.is_preference:
            raise CommandError(f"{study.name} is a preference study; the figures of studies of ratings can be checked")
        try:
            asked = Selection(version=versions_of(study, options["study_version"]))
            choices = (asked, *(single_choices(study) if options["choices"] else ()))
            beside = path and path.with_name(f"{path.name}.manifest.json")
            manifest = json.loads(beside.read_bytes()) if beside and beside.exists() else None
            with opened(path) if path else nullcontext() as file:
                check = figures_check(study, file, choices, manifest=manifest)
        except VersionsRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        except ImportRefused as refusal:
            raise CommandError(f"{path}: {refusal}") from refusal
        except (OSError, ValueError) as error:  # a value error: a NUL in the path
            raise CommandError(f"{path} can't be read ({getattr(error, 'strerror', None) or error})") from error
        told = {"study": study.name, "numbers": check.numbers, **asdict(check), "not_in_csv": list(check.not_in_csv)}
        self.stdout.write(json.dumps(told) if options["json"] else _words(check))
        if check.differences:
            raise CommandError(f"{len(check.differences):,} figures of study {study.name} differ from the export")


def _words(of: Check) -> str:
    lines = [f"{where}: {n:,} compared" for where, n in of.compared.items()]
    lines += [f"not in the CSV: {each}" for each in of.not_in_csv]
    lines += [f"{each.figure}: {each.shown} on the page, {each.from_csv} from the CSV" for each in of.differences]
    return "\n".join((*lines, f"{of.numbers - len(of.differences):,} of {of.numbers:,} numbers are those of the CSV"))
