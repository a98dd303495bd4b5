"""kill -9 at any point: whoever comes next goes on from what is on record, asks nothing that is being answered, and
counts nothing twice."""

import signal

import pytest

from distillation.models import Batch, Failure, Run, Verdict
from distillation.tasks import advance_run
from tests.distillation.batch_server import BatchServer, batch_serving
from tests.distillation.builders import cobuys
from tests.distillation.runs.batches.running import start, to_the_end
from tests.killing import child

pytestmark = pytest.mark.django_db(transaction=True)


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
    worker = child(lambda: [advance_run(run.pk) for _ in range(20)])
    server.heard = lambda told, n: worker.kill() if told == what else None
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    server.heard = lambda told, n: None
