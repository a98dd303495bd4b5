"""A database that restarts while answers come: they are written afterwards, not asked again."""

import uuid

import psycopg
import pytest
from django.db import connection

from distillation import tasks
from distillation.lvlm.base import Usage
from distillation.models import Run
from distillation.pipeline.engine import IntentionEnded, Unit
from distillation.pipeline.options import Options
from distillation.pipeline.steps import Outcome
from distillation.runs import ledger
from distillation.runs.drains import drain_hold
from tests.distillation.builders import cobuys, run

ME = uuid.UUID(int=1)


def session_ends(pid: int) -> None:
    params = connection.get_connection_params()
    with psycopg.connect(**params, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.fixture
def asked(transactional_db: None) -> Run:
    cobuys(1)
    return run()


def answered(of: Run) -> list[IntentionEnded]:
    (work,) = ledger.claim(of, Options.from_config(of.config), ME, 1)
    return [IntentionEnded(work.id, Unit("usedFor", 0), Outcome("For light.", None, "", Usage(calls=1)))]


def test_an_answer_outlives_the_session_that_was_to_write_it(asked: Run) -> None:
    ended = answered(asked)
    session_ends(connection.connection.info.backend_pid)
    assert tasks._recorded(asked, ME, ended)
    assert asked.intentions.count() == 1


def test_without_its_lock_a_worker_writes_what_it_has_and_stops(asked: Run) -> None:
    class Backend:
        fault = ""

    ended = answered(asked)
    with drain_hold(asked, "w1") as count_workers:
        assert tasks._write(asked, ME, count_workers, Backend(), []) == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [asked.pk])
            session_ends(cursor.fetchone()[0])
        assert tasks._write(asked, ME, count_workers, Backend(), ended) == 0
    assert asked.intentions.count() == 1
