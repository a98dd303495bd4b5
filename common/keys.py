"""Rows in bulk whose foreign keys are known to hold."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_MAY = "SELECT has_parameter_privilege('session_replication_role', 'SET')"


@contextmanager
def keys_known() -> Iterator[None]:
    """Within a transaction that has locked the rows referred to and joins to them: PostgreSQL would look up each key
    once more, which takes as long as writing the row. Triggers rest meanwhile. Where the database's user may not say
    so, as on a rented server, it looks them up."""
    with connection.cursor() as cursor:
        cursor.execute(_MAY)
        may = cursor.fetchone() == (True,)
        if may:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        if may:
            cursor.execute("SET LOCAL session_replication_role = origin")
