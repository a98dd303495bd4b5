"""What a run has done and owes."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distillation.models import Run
from distillation.reports import run_progress


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="NAME")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        run = Run.objects.filter(name=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run named {options['run']}")
        progress = run_progress(run)
        if options["json"]:
            self.stdout.write(json.dumps(progress.as_dict()))
            return
        self.stdout.write(progress.account())
        if progress.message:
            self.stdout.write(progress.message)
        for group in progress.failures:
            self.stdout.write(f"  {group['count']:,} x {group['step']}: {group['reason']} ({group['example'][:120]})")
