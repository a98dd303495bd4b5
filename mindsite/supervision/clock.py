"""The sweep's clock, kept in memory: there is nothing to remember, and no file to lock."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

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
