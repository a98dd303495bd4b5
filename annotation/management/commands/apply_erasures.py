"""Erase again whom an older backup has brought back: run it after each restore."""

import json
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.services import PeopleRefused
from annotation.desk.applying import erasures_apply


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file", type=Path, default=settings.ERASURES_FILE, help=f"of erasures ({settings.ERASURES_FILE})"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        if options["file"] != settings.ERASURES_FILE and not options["file"].exists():
            raise CommandError(f"{options['file']} is not there; give the file of the machine that did the erasures")
        try:
            n = erasures_apply(file=options["file"])
        except PeopleRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        words = f"{n:,} {'person was' if n == 1 else 'people were'} erased again"
        self.stdout.write(json.dumps({"erased": n}) if options["json"] else words)
