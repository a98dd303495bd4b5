"""Check the codes of a crowd platform's CSV: whose they are, of which kind, how many were judged."""

import csv
import json
from dataclasses import asdict, fields
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.design.protocol import StudyRefused
from annotation.judging.crowd.codes import Checked, codes_check
from annotation.models import Study


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study")
        parser.add_argument("csv", type=Path, help="with a column Completion code, and Participant id if it has one")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        study = Study.objects.filter(name=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study named {options['study']}")
        try:
            text = options["csv"].read_text(encoding="utf-8-sig")
            checked = codes_check(study, text.splitlines())
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['csv']} can't be read ({error}); give a CSV file in UTF-8") from error
        except StudyRefused as error:
            raise CommandError(str(error)) from error
        right = sum(each.right for each in checked)
        if options["json"]:
            summary = {"study": study.name, "right": right, "wrong": len(checked) - right}
            self.stdout.write(json.dumps(summary | {"rows": [asdict(each) for each in checked]}, ensure_ascii=False))
            return
        out = csv.writer(self.stdout, lineterminator="\n")
        out.writerow([field.name for field in fields(Checked)])
        out.writerows([str(value) if value is not None else "" for value in asdict(each).values()] for each in checked)
        self.stderr.write(f"{right} of {len(checked)} codes are right")
