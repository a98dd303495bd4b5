"""Ask again for what failed in a run: whatever can succeed, or the failures named."""

from django.core.management.base import CommandParser

from distillation.management.control import ControlCommand
from distillation.models import Run
from distillation.runs.services import run_retry_failed
from distillation.runs.wake import run_wake_or_say


class Command(ControlCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--all", action="store_true", help="those too that the same question can't mend")
        which.add_argument(
            "--reason", action="append", default=[], metavar="CODE", help="as run_status shows it; may be given again"
        )

    def act(self, run: Run, options: dict) -> str:
        n = run_retry_failed(run=run, reasons=options["reason"], every=options["all"])
        return f"Run {run.name} asks again for {n:,} that failed. {run_wake_or_say(run)}".strip()
