"""Go on with a run that is paused or cancelled."""

from django.core.management.base import CommandParser

from distillation.management.control import ControlCommand
from distillation.models import Run
from distillation.runs.servers import backend_check
from distillation.runs.services import run_resume
from distillation.runs.wake import run_wake_or_say


class Command(ControlCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--base-url", action="append", default=[], help="the model servers from now on; may be given several times"
        )

    def act(self, run: Run, options: dict) -> str:
        urls, servers = options["base_url"], {}
        if urls:
            asked = {"backend": run.backend, "model": run.model, "base_urls": urls, "config": run.config}
            checked = backend_check(**asked, any_server=True)
            servers = checked.servers
        run_resume(run=run, base_urls=urls, servers=servers, any_server=True)
        return f"Run {run.name} goes on. {run_wake_or_say(run)}".strip()
