"""COPY of ranges by two connections at once: while the rows of one range are sent, the other's are made and held.
Both read one snapshot."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle
from queue import Empty, Queue
from threading import Event
from typing import Any

import psycopg
from django.db import connection

from common.copying import copy_ended, copy_rows, joined
from common.snapshot import SETTINGS

HELD = 128  # pieces of a range, at most: 8 MB
# A query of a range is planned dozens of times: in the order that it is written in, not in the best of thousands.
AS_WRITTEN = "SET LOCAL join_collapse_limit = 1"


def copied_ahead(copy: str, ranges: Iterable[Mapping[str, Any]], counted: Callable[[int], object]) -> Iterator[bytes]:
    """Pieces of whole rows, joined right here: passing single rows on costs as much as making them. `counted` is told
    how many each range had."""
    with connection.cursor() as own, second_cursor() as second, ThreadPoolExecutor(2) as threads:
        cursors: list[Any] = [own, second] if second else [own]
        for cursor in cursors:
            cursor.execute(AS_WRITTEN)
        turns, places = cycle(cursors), iter(ranges)
        under_way: deque[_Reading] = deque()
        try:
            while True:
                while len(under_way) < len(cursors) and (range_ := next(places, None)):
                    under_way.append(_Reading(threads, next(turns), copy, range_))
                if not under_way:
                    return
                yield from under_way[0].pieces()
                counted(under_way.popleft().n_rows())
        finally:
            for each in under_way:
                each.break_off()


class _Gone(Exception):
    """Whoever reads has gone: the rows that are left are not wanted."""


class _Reading:
    """A range, read by a thread of its own as far ahead of its pieces' taker as may be held."""

    def __init__(self, threads: ThreadPoolExecutor, cursor: Any, copy: str, places: Mapping[str, Any]) -> None:
        self._held: Queue[bytes | None] = Queue(HELD)
        self._gone = Event()
        self._done = threads.submit(self._read, cursor, copy, places)

    def _read(self, cursor: Any, copy: str, places: Mapping[str, Any]) -> int:
        try:
            with cursor.copy(copy, places):
                for piece in joined(copy_rows(cursor.connection.pgconn)):
                    self._held.put(piece)
                    if self._gone.is_set():
                        raise _Gone
                return copy_ended(cursor.connection.pgconn)
        finally:
            self._held.put(None)

    def pieces(self) -> Iterator[bytes]:
        yield from iter(self._held.get, None)

    def n_rows(self) -> int:
        """When all pieces are taken. Raises the database's error where they broke off."""
        return self._done.result()

    def break_off(self) -> None:
        self._gone.set()
        while not self._done.done():
            with suppress(Empty):
                self._held.get(timeout=0.05)


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
