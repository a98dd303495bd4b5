"""manage.py in a fork: it has the libraries' code already, and reads our settings anew, as its environment says."""

import os
import sys
import tempfile
from collections.abc import Mapping
from typing import IO

from asgiref.local import Local
from django.conf import empty, settings
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from tests.killing import child


def managed(words: tuple[str, ...], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = child(lambda: _run(words, environment, out, errors))
        process.start()
        process.join(timeout=60)
        assert process.exitcode is not None, "it took too long"
        for file in (out, errors):
            file.seek(0)
        return process.exitcode, out.read(), errors.read()


def _run(words: tuple[str, ...], environment: Mapping[str, str], out: IO[str], errors: IO[str]) -> None:
    os.dup2(out.fileno(), 1)
    os.dup2(errors.fileno(), 2)
    sys.stdout, sys.stderr = out, errors
    os.environ.clear()
    os.environ.update(environment)
    _forget_settings()
    from mindsite.cli import main  # noqa: PLC0415 - another than the one that the tests have

    try:
        status = main(["manage.py", *words])
    except SystemExit as end:
        status = int(end.code or 0)
    out.flush()
    errors.flush()
    os._exit(status)


def _forget_settings() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mindsite"]:
        del sys.modules[name]
    settings._wrapped = empty
    connections._settings = None
    connections.__dict__.pop("settings", None)
    connections._connections = Local(connections.thread_critical)
    DatabaseWrapper._connection_pools = {}  # of the parent: its threads are not here, its sockets not ours
