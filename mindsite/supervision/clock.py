"""The sweep's clock, kept in memory: there is nothing to remember, and no file to lock."""

import logging
import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from billiard.process import current_process
from celery.beat import ScheduleEntry, Scheduler
from celery.bootsteps import StartStopStep
from celery.worker import WorkController
from celery.worker.components import Beat

logger = logging.getLogger(__name__)

LOOKED_AFTER_EVERY_S = 3
BEGAN, BEGAN_STEADY = datetime.now(UTC), time.monotonic()


def steady_now() -> datetime:
    """Goes on evenly when somebody sets the machine's clock: by that one, nothing would be due for a day."""
    return BEGAN + timedelta(seconds=time.monotonic() - BEGAN_STEADY)


class SteadyEntry(ScheduleEntry):
    def __init__(self, *args: Any, last_run_at: datetime | None = None, **options: Any) -> None:
        super().__init__(*args, last_run_at=last_run_at or steady_now(), **options)
        self.schedule.nowfun = steady_now


class SteadyScheduler(Scheduler):
    Entry = SteadyEntry

    def tick(self, *args: Any, **options: Any) -> float:
        worker = current_process()._parent_pid  # none where the clock is no process of a worker's
        if worker not in (None, os.getppid()):  # one that was killed could not end its clock
            raise SystemExit
        return super().tick(*args, **options)


class ClockKept(StartStopStep):
    """A clock that was killed is started again: Celery starts it once and never looks whether it is there."""

    requires = (Beat, "celery.worker.components:Timer")

    def start(self, worker: WorkController) -> None:
        for clock in (step for step in worker.steps if isinstance(step, Beat)):
            worker.timer.call_repeatedly(LOOKED_AFTER_EVERY_S, self._keep, (worker, clock))

    def _keep(self, worker: WorkController, clock: Beat) -> None:
        if not clock.obj.is_alive():
            logger.warning("The sweep's clock was ended (%s); starting it again", clock.obj.exitcode)
            clock.obj = clock.create(worker)
            clock.obj.start()
