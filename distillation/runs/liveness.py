"""A worker shows itself in PostgreSQL every few seconds, so that pages and commands can say when none is running."""

import logging
import time

import psycopg
from celery.signals import heartbeat_sent
from django.db import connection

EVERY_S = 3.0
_last = 0.0


@heartbeat_sent.connect
def show(sender, **_: object) -> None:
    """Runs in the worker's main process: a connection of its own for the moment, because the pool must not be
    opened before the process forks."""
    global _last  # noqa: PLW0603 - a worker is one process
    if time.monotonic() - _last < EVERY_S:
        return
    _last = time.monotonic()
    try:
        params = {**connection.get_connection_params(), "connect_timeout": 2}
        with psycopg.connect(**params, autocommit=True) as c:
            c.execute(
                "INSERT INTO distillation_worker (name, seen_at) VALUES (%s, now()) "
                "ON CONFLICT (name) DO UPDATE SET seen_at = now()",
                [sender.eventer.hostname],
            )
    except psycopg.Error as error:
        logging.getLogger(__name__).warning("The database can't be reached, so this worker looks gone: %s", error)
