"""What the commands that act on a run have in common."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distillation.models import Run
from distillation.runs.reports import no_worker
from distillation.runs.services import RunRefused


def run_named(name: str) -> Run:
    run = Run.objects.filter(name=name).first()
    if run is None:
        raise CommandError(f"There is no run named {name}; run_status or the page Runs has their names")
    return run


class ControlCommand(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="NAME")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        run = run_named(options["run"])
        try:
            said = self.act(run, options)
        except RunRefused as error:
            raise CommandError(str(error)) from error
        lines = [line for line in (said, no_worker(run)) if line]
        told = {"run": run.name, "state": run.state, "said": lines}
        self.stdout.write(json.dumps(told) if options["json"] else "\n".join(lines))

    def act(self, run: Run, options: dict) -> str:
        """What was done, in a line; raises RunRefused."""
        raise NotImplementedError
