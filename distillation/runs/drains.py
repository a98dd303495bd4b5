"""Which workers work on a run: each holds an advisory lock, which ends with its database session, even if killed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import OperationalError, connection, transaction

from common.away import is_full_database
from distillation.models import Run

ALIVE = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextmanager
def drain_hold(run: Run, worker: str) -> Iterator[Callable[[], int] | None]:
    """A count of the workers on this run, asked for as often as needed; None where this worker is on it already.

    A session of its own: a pooled one would keep the lock when it goes back. With a pooler between here and
    PostgreSQL it must be one that pools sessions, not transactions.
    """
    params = {**connection.get_connection_params(), "connect_timeout": 5}
    with psycopg.connect(**params, autocommit=True) as session:
        # A machine that is switched off says no goodbye.
        session.execute("SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2")
        got = session.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [run.pk, worker]).fetchall()[0][0]
        try:
            yield (lambda: session.execute(ALIVE, [run.pk]).fetchall()[0][0]) if got else None
        finally:  # at once: PostgreSQL takes a moment to see that a session is gone
            if not session.broken:
                session.execute("SELECT pg_advisory_unlock_all()")


def database_has_room() -> bool:
    """Whether it takes half a megabyte more: calls whose answers can't be written would be paid for again and again."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE room ON COMMIT DROP AS SELECT n FROM generate_series(1, 15000) n")
    except OperationalError as error:
        if not is_full_database(error):
            raise
        return False
    return True


def drains_alive(run: Run) -> int:
    with connection.cursor() as cursor:
        cursor.execute(ALIVE, [run.pk])
        return cursor.fetchone()[0]
