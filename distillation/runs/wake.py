"""Waking a run for somebody who waits for a word on it."""

from kombu.exceptions import OperationalError

from distillation.models import Run
from distillation.tasks import run_wake
from mindsite.workers import broker_check


def run_wake_or_say(run: Run) -> str:
    """Empty, or why the run does not go on at once: the state is saved, so the sweep finds it."""
    try:
        broker_check()
        run_wake(run)
    except OperationalError:
        return "The broker can't be reached now; the run goes on by itself soon after it is back."
    return ""
