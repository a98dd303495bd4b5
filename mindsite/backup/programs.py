"""pg_dump and pg_restore, against the configured database or the embedded one."""

import os
import shutil
import subprocess
from pathlib import Path

from django.db import connection
from psycopg.conninfo import make_conninfo

from mindsite import embedded
from mindsite.embedded.servers import Postgres

OF_OURS = ("cursor_factory", "context", "prepare_threshold", "server_side_binding", "client_encoding")


class BackupRefused(Exception):
    """One line."""


def dump(target: Path, snapshot: str) -> None:
    _run(
        "pg_dump",
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--snapshot={snapshot}",
        f"--file={target}",
        _where(),
    )


def load(source: Path) -> None:
    """All of it, or nothing."""
    words = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", f"--dbname={_where()}"]
    _run("pg_restore", *words, str(source))


def contents(source: Path) -> None:
    """Raises where the file is no dump, or half of one."""
    _run("pg_restore", "--list", str(source))


def _where() -> str:
    params = connection.get_connection_params()
    return make_conninfo(**{k: v for k, v in params.items() if k not in (*OF_OURS, "password") and v is not None})


def _run(name: str, *words: str) -> None:
    password = connection.settings_dict.get("PASSWORD") or ""
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run([_program(name), *words], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.strip()] or [f"status {done.returncode}"]
        raise BackupRefused(f"{name} failed: {told[0]}")


def _program(name: str) -> str:
    """The wheel's serves servers up to its own version; newer ones want the program of theirs."""
    ours = Postgres(embedded.ServicesFolder(embedded.VAR)).program.with_name(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        major = cursor.fetchone()[0]
    if ours.exists() and (major <= _major(ours) or not shutil.which(name)):
        return str(ours)
    if found := shutil.which(name):
        return found
    raise BackupRefused(
        f"{name} is not installed here: install PostgreSQL's client programs of version {major} or newer"
    )


def _major(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    return int(said.split()[2].split(".")[0])
