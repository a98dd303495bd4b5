"""Cancel a run: what is done stays, what is owed is not made. Only resume_run takes it up again."""

from distillation.management.control import ControlCommand
from distillation.models import Run
from distillation.runs.services import run_cancel


class Command(ControlCommand):
    help = __doc__

    def act(self, run: Run, options: dict) -> str:
        run_cancel(run=run)
        return f"Run {run.name} is cancelled; what is done stays"
