"""pg_dump and pg_restore, against the configured database or the embedded one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO

from django.db import connection
from psycopg.conninfo import make_conninfo

from mindsite import embedded
from mindsite.embedded.servers import Postgres

OF_OURS = ("cursor_factory", "context", "prepare_threshold", "server_side_binding", "client_encoding")
PIECE = 1024 * 1024
HEAD_LINES, NEWER = 60, b"SET transaction_timeout"  # of PostgreSQL 17


class BackupRefused(Exception):
    """One line."""


def dump(snapshot: str) -> Iterator[bytes]:
    """The database, in pieces as they come."""
    yield from _read(
        "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--dbname={_where()}"
    )


def load(pieces: Iterable[bytes]) -> None:
    """All of it, or nothing."""
    words = ["--no-owner", "--no-privileges"]
    if _server_major() < _major(Path(_program("pg_restore"))):
        _load_older(words, pieces)
    else:
        _fed("pg_restore", [*words, "--single-transaction", "--exit-on-error", f"--dbname={_where()}"], pieces)


def _load_older(words: Sequence[str], pieces: Iterable[bytes]) -> None:
    """Into a server older than the program, by way of SQL: what only newer ones know is left away."""
    with tempfile.TemporaryFile() as sql:
        _fed("pg_restore", [*words, "--file=-"], pieces, into=sql)
        sql.seek(0)
        head = b"".join(line for line in islice(sql, HEAD_LINES) if not line.startswith(NEWER))
        options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--dbname={_where()}"]
        _fed("psql", options, chain([head], iter(partial(sql.read, PIECE), b"")))


def contents(pieces: Iterable[bytes]) -> None:
    """Raises where it is no dump, or half of one."""
    _fed("pg_restore", ["--list"], pieces)


def _where() -> str:
    params = connection.get_connection_params()
    return make_conninfo(**{k: v for k, v in params.items() if k not in (*OF_OURS, "password") and v is not None})


def _read(name: str, *words: str) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as told:
        done = subprocess.Popen([_program(name), *words], env=_environment(), stdout=subprocess.PIPE, stderr=told)  # noqa: S603
        assert done.stdout  # noqa: S101 - a pipe, as asked for
        try:
            while piece := done.stdout.read(PIECE):
                yield piece
        finally:
            done.stdout.close()
            done.wait()
        _check(name, done.returncode, told)


def _fed(name: str, words: Sequence[str], pieces: Iterable[bytes], *, into: IO[bytes] | None = None) -> None:
    with tempfile.TemporaryFile() as told:
        done = subprocess.Popen(  # noqa: S603
            [_program(name), *words],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=into or subprocess.DEVNULL,
            stderr=told,
        )
        assert done.stdin  # noqa: S101 - a pipe, as asked for
        try:
            for piece in pieces:
                done.stdin.write(piece)
        except BrokenPipeError:
            pass  # it has ended, and says why
        except BaseException:
            done.kill()  # or it would take what it has for all
            raise
        finally:
            with suppress(BrokenPipeError):
                done.stdin.close()
            done.wait()
        _check(name, done.returncode, told)


def _check(name: str, status: int, told: IO[bytes]) -> None:
    if status:
        told.seek(0)
        lines = [line for line in told.read().decode(errors="replace").splitlines() if line.strip()]
        raise BackupRefused(f"{name} failed: {lines[0] if lines else f'status {status}'}")


def _environment() -> dict[str, str]:
    password = connection.settings_dict.get("PASSWORD") or ""
    return os.environ | ({"PGPASSWORD": password} if password else {})


def _program(name: str) -> str:
    """The wheel's serves servers up to its own version; newer ones want the program of theirs."""
    ours = Postgres(embedded.ServicesFolder(embedded.VAR)).program.with_name(name)
    major = _server_major()
    if ours.exists() and (major <= _major(ours) or not shutil.which(name)):
        return str(ours)
    if found := shutil.which(name):
        return found
    raise BackupRefused(
        f"{name} is not installed here: install PostgreSQL's client programs of version {major} or newer"
    )


def _server_major() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        return cursor.fetchone()[0]


def _major(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    return int(said.split()[2].split(".")[0])
