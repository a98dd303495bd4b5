"""COPY of ranges by two connections in turn: while the rows of one range are sent, the other joins and sorts the next.
Both read one snapshot."""

import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from common.copying import joined
from common.snapshot import SETTINGS


class _Begun(NamedTuple):
    """A COPY whose first rows are there."""

    pgconn: PGconn
    ends: ExitStack


def copied_ahead(copy: str, ranges: Iterable[Mapping[str, Any]], counted: Callable[[int], object]) -> Iterator[bytes]:
    """Pieces of whole rows, joined right here: passing single rows on costs as much as making them. `counted` is told
    how many each range had."""
    with connection.cursor() as own, second_cursor() as second, ThreadPoolExecutor(1) as thread:
        turns, places = cycle((own, second or own)), iter(ranges)
        begun: deque[Future[_Begun]] = deque()
        try:
            while True:
                while len(begun) < (2 if second else 1) and (range_ := next(places, None)):
                    begun.append(thread.submit(_begin, next(turns), copy, range_))
                if not begun:
                    return
                now = begun.popleft().result()
                with now.ends:
                    yield from joined(_rows(now.pgconn))
                    counted(_ended(now.pgconn))
        finally:
            for each in begun:
                _break_off(each)


@contextmanager
def second_cursor() -> Iterator[psycopg.Cursor | None]:
    """On the snapshot of the open transaction; None where that is not of this export alone, a savepoint is open, of
    which PostgreSQL lends no snapshot, or it has no connection left: then nothing is read ahead."""
    with ExitStack() as stack:
        yield _second(stack)


def _second(stack: ExitStack) -> psycopg.Cursor | None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        if cursor.fetchone()[0] != "repeatable read" or any(connection.savepoint_ids):
            return None
        try:
            second = stack.enter_context(psycopg.connect(**connection.get_connection_params(), autocommit=False))
        except psycopg.OperationalError:
            return None
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
    found = stack.enter_context(second.cursor())
    found.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    found.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
    found.execute("SET TIME ZONE 'UTC'")
    found.execute(SETTINGS)
    return found


def _begin(cursor: Any, copy: str, places: Mapping[str, Any]) -> _Begun:
    with ExitStack() as stack:
        stack.enter_context(cursor.copy(copy, places))
        return _Begun(cursor.connection.pgconn, stack.pop_all())


def _rows(pgconn: PGconn) -> Iterator[memoryview]:
    """What `Copy.read` gives: that goes through four functions of Python for each row, which takes longer than to make
    the row."""
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    while True:
        try:
            size, row = pgconn.get_copy_data(1)
        except psycopg.OperationalError:
            return  # why, its result says
        if size > 0:
            yield row
        elif size < 0:
            return
        else:
            poll.poll()
            pgconn.consume_input()


def _ended(pgconn: PGconn) -> int:
    """How many rows there were. Raises psycopg's error where the COPY broke off."""
    result = pgconn.get_result()
    while result and pgconn.get_result():
        pass  # the connection is free again when none is left
    if result is None or result.status != ExecStatus.COMMAND_OK:
        raise error_from_result(result) if result else psycopg.OperationalError("the connection broke off")
    return result.command_tuples or 0


def _break_off(begun: Future[_Begun]) -> None:
    """Whoever reads has gone: the rows that are left are not wanted."""
    if not begun.cancel() and not begun.exception():
        gone = GeneratorExit()
        begun.result().ends.__exit__(GeneratorExit, gone, None)
