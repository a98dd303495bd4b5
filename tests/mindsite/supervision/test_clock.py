"""The sweep's clock goes on evenly when the machine's is set."""

from datetime import timedelta

import pytest
from celery.beat import Scheduler

from mindsite.celery import app
from mindsite.supervision.clock import SteadyScheduler

DAY = timedelta(days=1)


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
