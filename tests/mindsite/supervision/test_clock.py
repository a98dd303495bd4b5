"""The sweep's clock goes on evenly when the machine's is set, and is started again when it was killed."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from celery.beat import Scheduler
from celery.worker import WorkController

from mindsite.celery import app
from mindsite.supervision.clock import ClockKept, SteadyScheduler

DAY, BASE_DIR = timedelta(days=1), Path(__file__).parents[3]
WORKER = """
import time
from celery import Celery
from celery.beat import EmbeddedService
from mindsite.supervision.clock import SteadyScheduler
clock = EmbeddedService(Celery(), max_interval=0.1, scheduler_cls=SteadyScheduler)
clock.start()
print(clock.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(("kind", "soon"), [(SteadyScheduler, True), (Scheduler, False)])
def test_a_clock_set_back_by_a_day_does_not_hold_the_sweep_up(
    kind: type[Scheduler], soon: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = kind(app=app, lazy=True)
    scheduler.merge_inplace({"sweep": {"task": "t", "schedule": 10.0}})
    entry = next(scheduler.schedule["sweep"])  # as it is after a run
    before = app.now()
    monkeypatch.setattr(type(app), "now", lambda self: before - DAY)
    assert (entry.is_due().next <= 10) is soon


def test_the_clock_of_a_killed_worker_ends() -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert worker.stdout
    clock = int(worker.stdout.readline())
    worker.kill()
    try:
        worker.communicate(timeout=30)  # to the end of the pipe, which the clock has too
    except subprocess.TimeoutExpired:
        os.kill(clock, signal.SIGKILL)
        raise


def test_a_killed_clock_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.steps, "worker", {ClockKept})
    worker = WorkController(app=app, beat=True, pool="solo", scheduler=SteadyScheduler)
    beat = next(step for step in worker.steps if step.name.endswith("Beat"))
    keeper = next(step for step in worker.steps if isinstance(step, ClockKept))
    first = beat.obj
    first.start()
    try:
        keeper._keep(worker, beat)
        assert beat.obj is first  # it lives
        first.terminate()
        first.join()
        keeper._keep(worker, beat)
        assert beat.obj is not first
        assert beat.obj.is_alive()
    finally:
        beat.obj.terminate()
        beat.obj.join()
