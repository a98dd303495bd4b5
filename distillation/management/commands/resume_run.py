"""Go on with a run that is paused or cancelled."""

from django.core.management.base import CommandParser

from distillation.management.control import ControlCommand
from distillation.models import Run
from distillation.runs.services import backend_check, run_resume
from distillation.runs.wake import run_wake_or_say


class Command(ControlCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--base-url", action="append", default=[], help="the model servers from now on; may be given several times"
        )

    def act(self, run: Run, options: dict) -> str:
        if options["base_url"]:
            backend_check(backend=run.backend, model=run.model, base_urls=options["base_url"])
        run_resume(run=run, base_urls=options["base_url"])
        return f"Run {run.name} goes on. {run_wake_or_say(run)}".strip()
