"""Pause a run: calls in flight end and are written, no new one is made."""

from distillation.management.control import ControlCommand
from distillation.models import Run
from distillation.runs.services import run_pause


class Command(ControlCommand):
    help = __doc__

    def act(self, run: Run, options: dict) -> str:
        run_pause(run=run)
        return f"Run {run.name} is paused; go on with: resume_run {run.name}"
