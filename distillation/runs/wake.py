"""Start work on a run at once, and say why it does not start."""

from celery import current_app
from kombu.exceptions import OperationalError

from distillation.models import Run
from distillation.tasks import run_wake


def broker_check(*, seconds: float = 3) -> None:
    """Raises kombu's OperationalError at once instead of when the first task is sent."""
    try:
        with current_app.connection_for_write(connect_timeout=seconds) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.2, timeout=seconds)
    except (ImportError, KeyError, ValueError) as error:  # a transport that is unknown or not installed, a bad port
        raise OperationalError(str(error)) from error


def run_wake_or_say(run: Run) -> str:
    """Start work at once. Returns why that fails, or nothing; the state is saved, so the sweep tries again."""
    try:
        broker_check()
        run_wake(run)
    except OperationalError:
        return "The broker can't be reached now; the run goes on by itself soon after it is back."
    return ""
