"""A database that restarts while answers come, or has no room for them: they are not asked again and again."""

import uuid

import psycopg
import pytest
from django.db import OperationalError, connection

from distillation import tasks
from distillation.lvlm.base import Usage
from distillation.models import Run
from distillation.pipeline.engine import IntentionEnded, Unit
from distillation.pipeline.options import Options
from distillation.pipeline.steps import Outcome
from distillation.runs import drains, ledger
from distillation.runs.drains import database_has_room, drain_hold
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


def full() -> OperationalError:
    error = OperationalError("could not extend file")
    error.__cause__ = psycopg.errors.DiskFull()
    return error


def test_where_answers_have_no_room_nothing_is_asked(asked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise full()

    assert database_has_room()
    with monkeypatch.context() as on_a_full_disk:
        on_a_full_disk.setattr(drains.connection, "cursor", refuse)
        assert not database_has_room()
    monkeypatch.setattr(tasks, "database_has_room", lambda: False)
    monkeypatch.setattr(tasks, "_drain", refuse)
    tasks.advance_run(asked.pk)
    asked.refresh_from_db()
    assert asked.message == tasks.NO_ROOM


def test_an_answer_outlives_a_disk_that_was_full(asked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, record, failing = answered(asked), ledger.record, iter([full()])

    def once_full(*given: object) -> bool:
        for error in failing:
            raise error
        return record(*given)

    monkeypatch.setattr(ledger, "record", once_full)
    assert tasks._recorded(asked, ME, ended)
    assert asked.intentions.count() == 1
