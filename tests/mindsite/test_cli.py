"""The command line's door, mostly from outside: one line where something is missing, nothing left behind."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from mindsite.embedded import ServicesFolder
from mindsite.embedded.servers import Postgres, Valkey
from mindsite.embedded.sharing import hold
from mindsite.environment import database, secret_key
from mindsite.serving import HOST, NoPort, free_port
from tests.commanding import managed
from tests.template import template_name

BASE = Path(__file__).resolve().parents[2]
NOWHERE = "postgres://nobody@127.0.0.1:1/x"


def clean(**environment: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY")}
    return {**kept, "DJANGO_SETTINGS_MODULE": "mindsite.settings", **environment}


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=BASE,
        env=clean(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refusal(*words: str, **environment: str) -> str:
    """The one line on standard error of a command that must exit 1 and print nothing else."""
    status, out, errors = managed(words, clean(**environment))
    assert (status, out, len(errors.splitlines())) == (1, "", 1), errors
    return errors.strip()


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    key = secret_key(path)
    assert len(key) >= 50
    assert secret_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]  # no draft left


@pytest.mark.parametrize("broken", ["a directory", "no text", "no directory"])
def test_a_secret_key_that_cannot_be_read_is_named(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    if broken == "a directory":
        path.mkdir()
    elif broken == "no text":
        path.write_bytes(b"\xff\xfe")
    else:
        path.touch()
        path = path / "secret_key"
    with pytest.raises(ImproperlyConfigured, match=rf"The secret key {path} can't be read or made .*set SECRET_KEY"):
        secret_key(path)


def test_on_the_command_line_it_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "secret_key").mkdir()
    for command in ("check", "distill"):
        assert str(tmp_path / "secret_key") in refusal(command, MINDSITE_VAR=str(tmp_path))


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgres://", "postgres://h:port/x", "nonsense"])
def test_a_database_that_is_no_postgresql_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be postgres://"):
        database(url)


def test_a_database_url_may_name_a_socket_and_options() -> None:
    assert database("postgres:///name?host=/a/b&sslmode=require")["OPTIONS"] == {"host": "/a/b", "sslmode": "require"}


def test_sqlite_is_refused_in_one_line(tmp_path: Path) -> None:
    var = {"MINDSITE_VAR": str(tmp_path)}
    assert "Mindsite needs PostgreSQL" in refusal("run_status", "x", DATABASE_URL="sqlite:///x.db", **var)


def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    line = refusal("run_status", "x", DATABASE_URL=NOWHERE, MINDSITE_VAR=str(tmp_path))
    assert line.startswith("The database can't be reached (")
    assert line.endswith("check DATABASE_URL")


@pytest.mark.django_db  # for the fork asks
def test_a_database_without_tables_is_one_line(services: None, tmp_path: Path) -> None:
    at = settings.DATABASES["default"]
    address = urlencode({key.lower(): at[key] for key in ("HOST", "PORT", "USER", "PASSWORD") if at[key]})
    line = refusal("run_status", "x", DATABASE_URL=f"postgres:///postgres?{address}", MINDSITE_VAR=str(tmp_path))
    assert line.startswith("The database is behind the code (relation ")
    assert line.endswith("run `manage.py migrate`")


def test_a_setting_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    assert "A setting can't be read" in refusal("check", LVLM_IN_FLIGHT="many", MINDSITE_VAR=str(tmp_path))


@pytest.mark.parametrize("words", [("distill", "--help"), ("--help",), ("--version",)])
def test_help_needs_no_services(words: tuple[str, ...], tmp_path: Path) -> None:
    status, out, errors = managed(words, clean(MINDSITE_VAR=str(tmp_path)))
    assert (status, bool(out), errors) == (0, True, "")
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.fixture(scope="module")
def place(template: None, tmp_path_factory: pytest.TempPathFactory) -> ServicesFolder:
    """Servers of its own, which take seconds to be made and a moment to be started."""
    place = ServicesFolder(tmp_path_factory.mktemp("ended") / "var")
    if not os.environ.get("DATABASE_URL"):
        copy_tables(place)
    return place


def copy_tables(place: ServicesFolder) -> None:
    """From the tests' own embedded server: to migrate would take a quarter of a minute of a processor."""
    here, there = connection.settings_dict, Postgres(place)
    dump = ["pg_dump", "--host", here["HOST"], "--username", here["USER"], template_name()]
    load = ["psql", "--host", there.settings["HOST"], "--username", here["USER"], "--quiet", there.settings["NAME"]]
    with hold(place, database=True, broker=False, say=lambda line: None):
        tables = subprocess.run([there.program.with_name(dump[0]), *dump[1:]], stdout=subprocess.PIPE, check=True)
        loading = [there.program.with_name(load[0]), *load[1:]]
        subprocess.run(loading, input=tables.stdout, stdout=subprocess.DEVNULL, check=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_ended_command_leaves_no_servers_behind(number: signal.Signals, place: ServicesFolder) -> None:
    waiting = "import time; print('up', flush=True); time.sleep(60)"
    process = start("shell", "--no-imports", "-c", waiting, MINDSITE_VAR=str(place.var))
    assert process.stdout.readline() == "up\n"
    assert Postgres(place).processes()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
    assert Postgres(place).processes() == Valkey(place).processes() == []


def test_a_taken_port_is_passed_over_and_said() -> None:
    said: list[str] = []
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port, said.append) > port
    assert said[0].startswith(f"Port {port} is taken; using ")


def test_a_free_port_is_taken_silently() -> None:
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    said: list[str] = []
    assert (free_port(port, said.append), said) == (port, [])


def test_no_port_at_all_is_one_line() -> None:
    with pytest.raises(NoPort, match="Ports 65536 to 65585 are all taken; name another with PORT="):
        free_port(65_536, print)
