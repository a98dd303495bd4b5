"""Celery workers: is one running, and start one for the duration of a command."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from distillation.models import Worker
from distillation.models.runs import OF_TRAININGS
from mindsite.embedded import VAR
from research.tasks import TRAIN_QUEUE

SIGN_WITHIN_S = 6  # a worker shows itself every 4 s


def worker_command(*, concurrency: int = 2, name: str = "celery") -> list[str]:
    """One worker with the sweep's clock in it: all that one machine needs. A second one needs a name of its own."""
    return [
        *(sys.executable, "-m", "celery", "--app", "mindsite", "worker", "--hostname", f"{name}@%h"),
        *("--beat", "--scheduler", "mindsite.supervision.clock:SteadyScheduler"),
        *("--concurrency", str(concurrency), "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    ]


def training_worker_command(*, name: str = "celery") -> list[str]:
    """One that takes trainings and nothing else, one at a time: they last for hours."""
    return [
        *(sys.executable, "-m", "celery", "--app", "mindsite", "worker", "--hostname", f"{OF_TRAININGS}{name}@%h"),
        *("--queues", TRAIN_QUEUE, "--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    ]


@contextmanager
def one_worker(say: Callable[[str], object], *, concurrency: int = 2) -> Iterator[None]:
    """A worker for the block: the one that runs, else one of our own."""
    if _worker_shows_itself():
        yield
        return
    log = VAR / "log" / "worker.log"
    say(f"No worker is running: starting one until this command ends (its log: {shown(log)})")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        worker = subprocess.Popen(  # noqa: S603
            worker_command(concurrency=concurrency), cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        stop(worker)


def _worker_shows_itself() -> bool:
    """A worker killed a moment ago still looks alive, so only a new sign counts."""
    last = Worker.objects.alive().aggregate(at=Max("seen_at"))["at"]
    deadline = time.monotonic() + SIGN_WITHIN_S
    while last and time.monotonic() < deadline:
        if Worker.objects.filter(seen_at__gt=last).exists():
            return True
        time.sleep(0.2)
    return False


def stop(process: subprocess.Popen, grace_s: float = 15) -> None:
    """A warm shutdown: the tasks in hand end first; whoever takes too long is killed, which costs only time."""
    process.terminate()
    deadline = time.monotonic() + grace_s
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def shown(path: Path) -> Path:
    return path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else path
