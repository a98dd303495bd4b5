"""kill -9 at any point: whoever comes next goes on from what is on record, asks nothing that is being answered, and
counts nothing twice."""

import os
import signal
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection

from distillation.models import Batch, Failure, Run, Verdict
from tests.distillation.batch_server import BatchServer, batch_serving
from tests.distillation.builders import cobuys
from tests.distillation.runs.batches.running import start, to_the_end

pytestmark = pytest.mark.django_db(transaction=True)
ADVANCES = "from distillation.tasks import advance_run\nfor _ in range(20): advance_run({run})"


def test_a_worker_killed_between_two_steps_loses_nothing() -> None:
    cobuys(4)
    with batch_serving() as server:
        run = start(server)
        # The file is up, a batch is made, its answers come down: each time before the worker hears of it.
        for what in ("POST files", "POST batches", "GET files content"):
            kill_at(server, run, what)
        run = to_the_end(run)
    assert (run.state, Failure.objects.count(), Verdict.objects.count()) == ("done", 0, 12)
    assert [(batch.state, batch.n_calls) for batch in Batch.objects.order_by("pk")] == [
        ("taken", 8), ("taken", 12), ("taken", 12)
    ]  # fmt: skip
    assert set(server.asked.values()) == {1}


def test_a_server_that_lists_nothing_answers_once_more_and_it_counts_once() -> None:
    cobuys(4)
    with batch_serving() as server:
        server.lists = False
        run = start(server)
        kill_at(server, run, "POST batches")
        run = to_the_end(run)
    assert (run.state, Failure.objects.count(), Verdict.objects.count()) == ("done", 0, 12)
    assert len(server.batches) == 1 + 3


def kill_at(server: BatchServer, run: Run, what: str) -> None:
    process: list[subprocess.Popen] = []

    def heard(told: str, n: int) -> None:
        if told == what:
            process[0].kill()

    server.heard = heard
    words = [sys.executable, "manage.py", "shell", "-c", ADVANCES.format(run=run.pk)]
    process.append(subprocess.Popen(words, cwd=settings.BASE_DIR, env=environment()))
    assert process[0].wait(60) == -signal.SIGKILL
    server.heard = lambda what, n: None


def environment() -> dict[str, str]:
    """Where another process finds the test's database."""
    at = connection.settings_dict
    address = {key.lower(): at[key] for key in ("HOST", "PORT", "USER", "PASSWORD") if at[key]}
    return {
        **os.environ,
        "DATABASE_URL": f"postgres:///{at['NAME']}?{urlencode(address)}",
        "DJANGO_SETTINGS_MODULE": "mindsite.settings",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "LVLM_BATCH_FOLDER": str(settings.LVLM_BATCH_FOLDER),
    }
