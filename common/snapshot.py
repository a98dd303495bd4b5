"""One snapshot of the database for all queries of an export."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

# A range of ids is read in the order of the index, or sorted in memory; helpers would each need a plan of their own.
SETTINGS = "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0"


@contextmanager
def snapshot() -> Iterator[datetime]:
    """Yields its time. Inside a transaction that is open already, that one's rules hold."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(SETTINGS)
        cursor.execute("SELECT now()")
        yield cursor.fetchone()[0]
