"""Who works on a run is seen in PostgreSQL, and ends with the session."""

import psycopg
import pytest
from django.db import connection

from distillation.runs.drains import drain_hold, drains_alive
from tests.distillation.builders import cobuys, run

pytestmark = pytest.mark.django_db


def test_each_worker_counts_once_and_only_while_it_works():
    cobuys(1)
    made = run()
    with drain_hold(made, "one@host") as count, drain_hold(made, "two@host"):
        assert (count(), drains_alive(made)) == (2, 2)
    assert drains_alive(made) == 0


def test_a_worker_is_on_a_run_once_and_on_others_too():
    cobuys(1)
    first, second = run("first"), run("second")
    with drain_hold(first, "one@host"), drain_hold(first, "one@host") as again, drain_hold(second, "one@host") as other:
        assert again is None
        assert other() == 1


def test_a_session_that_is_lost_is_no_worker_and_says_so():
    cobuys(1)
    made = run()
    with pytest.raises(psycopg.OperationalError), drain_hold(made, "one@host") as count:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE classid = %s", [made.pk])
        count()
    assert drains_alive(made) == 0
