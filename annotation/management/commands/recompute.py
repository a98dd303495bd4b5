"""Rebuild every count that figures are made of from the judgments, and say whether any differed."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.judging.tallying import study_recompute
from annotation.models import Study


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", nargs="?", help="name of a study; without it all of them")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        studies = Study.objects.order_by("pk")
        if options["study"] and not (studies := studies.filter(name=options["study"])):
            raise CommandError(f"There is no study named {options['study']}")
        differed = {study.name: study_recompute(study) for study in studies}
        if options["json"]:
            self.stdout.write(json.dumps(differed))
            return
        for name, counts in differed.items():
            some = ", ".join(f"{n:,} {rows}" for rows, n in counts.items() if n)
            self.stdout.write(f"{name}: " + (f"differed and mended: {some}" if some else "nothing differed"))
