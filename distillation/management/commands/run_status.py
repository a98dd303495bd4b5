"""What a run has done and owes."""

import json

from django.core.management.base import BaseCommand, CommandParser

from distillation.management.control import run_named
from distillation.runs.reports import run_progress


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="NAME")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        run = run_named(options["run"])
        progress = run_progress(run)
        if options["json"]:
            self.stdout.write(json.dumps(progress.as_dict()))
            return
        self.stdout.write(progress.account())
        if progress.message:
            self.stdout.write(progress.message)
        for line in run.batches.in_words():
            self.stdout.write(f"  batches {line}")
        for group in progress.failures:
            self.stdout.write(f"  {group['count']:,} x {group['step']}: {group['reason']} ({group['example'][:120]})")
