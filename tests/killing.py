"""kill -9 of a process with connections of its own, without the seconds that another interpreter takes to begin."""

import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable
from multiprocessing.process import BaseProcess

from django.db import connections

_parents: list[object] = []


def child(work: Callable[[], object]) -> BaseProcess:
    """To be started. Its exit code is 0, 1 after an error, or negative the signal that killed it."""
    return multiprocessing.get_context("fork").Process(target=_alone, args=(work,))


def _alone(work: Callable[[], object]) -> None:
    _leave_the_parents_connections()
    try:
        work()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _leave_the_parents_connections() -> None:
    """Open, too: what closes one tells the server."""
    here = connections["default"]
    _parents.extend((here.connection, type(here)._connection_pools))
    here.connection, type(here)._connection_pools = None, {}
