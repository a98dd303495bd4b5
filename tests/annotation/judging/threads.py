"""Calls made at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from annotation.judging.refusals import JudgingRefused


def at_once(calls: list[Callable[[], object]]) -> list:
    """The results of calls made at the same moment, each on its own connection."""
    start = Barrier(len(calls))

    def made(call: Callable[[], object]) -> object:
        start.wait()
        try:
            return call()
        except JudgingRefused as refusal:
            return refusal
        finally:
            connection.close()

    connection.close()  # the pool has as many as there are threads
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(made, calls))
