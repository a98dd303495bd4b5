"""The embedded services, started, stopped and killed for real in a `var` that the tests share."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import psycopg
import pytest
import redis

from mindsite.embedded import ServiceError, broker_url
from mindsite.embedded.layout import SUN_PATH, Account, ServicesFolder, private_directory
from mindsite.embedded.servers import Postgres, Valkey
from mindsite.embedded.sharing import hold

BASE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `var` whose database is made already: making one takes longer than all the rest of a test."""
    var = tmp_path_factory.mktemp("template") / "var"
    with database(ServicesFolder(var)):
        pass
    return var


@pytest.fixture
def place(template: Path) -> Iterator[ServicesFolder]:
    place = ServicesFolder(template)
    yield place
    if Postgres(place).processes() or Valkey(place).processes():
        with database(place):
            pass  # whatever a failed test left running, the next holder stops


def database(place: ServicesFolder) -> AbstractContextManager[None]:
    return hold(place, database=True, broker=False, say=lambda line: None)


def broker(place: ServicesFolder) -> AbstractContextManager[None]:
    return hold(place, database=False, broker=True, say=lambda line: None)


def query(place: ServicesFolder, statement: str) -> list[tuple]:
    at = Postgres(place).settings
    with psycopg.connect(host=at["HOST"], port=at["PORT"], dbname=at["NAME"], user=at["USER"]) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def client(place: ServicesFolder) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(Valkey(place).socket))


def run_cli(place: ServicesFolder, *words: str, **options) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "CELERY_BROKER_URL")}
    return subprocess.Popen(
        [sys.executable, "-m", "mindsite.embedded", *words],
        cwd=BASE,
        env={**environment, "MINDSITE_VAR": str(place.var), **options},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sleeper(place: ServicesFolder) -> subprocess.Popen[str]:
    """Another process that holds the database, once this returns."""
    holder = run_cli(place, "--database-only", "sh", "-c", "echo held; exec sleep 60")
    assert holder.stdout.readline() == "held\n"
    return holder


def test_it_starts_answers_and_stops(place: ServicesFolder) -> None:
    with hold(place, database=True, broker=True, say=lambda line: None):
        assert query(place, "SELECT 6 * 7") == [(42,)]
        assert client(place).ping()
    assert Postgres(place).processes() == Valkey(place).processes() == []


def test_it_says_what_it_starts_and_stops(place: ServicesFolder) -> None:
    said: list[str] = []
    with hold(place, database=True, broker=False, say=said.append):
        pass
    assert said == [f"Embedded PostgreSQL started ({place.var / 'postgres'})", "Embedded PostgreSQL stopped"]


def test_no_port_is_opened(place: ServicesFolder) -> None:
    with hold(place, database=True, broker=True, say=lambda line: None):
        assert query(place, "SHOW listen_addresses") == [("",)]
        assert client(place).config_get("port") == {"port": "0"}


def test_database_is_durable_and_sorts_by_code_point(place: ServicesFolder) -> None:
    with database(place):
        settings = "SELECT current_setting('fsync'), current_setting('synchronous_commit'), 'Z' < 'a'"
        assert query(place, settings) == [("on", "on", True)]
        assert query(place, "SELECT upper('é'), pg_encoding_to_char(encoding) FROM pg_database LIMIT 1") == [
            ("É", "UTF8")
        ]


def test_broker_keeps_its_messages_through_kill_9(place: ServicesFolder) -> None:
    with broker(place):
        client(place).rpush("queue", "message")
        assert client(place).config_get("appendonly") == {"appendonly": "yes"}
        assert client(place).execute_command("WAITAOF", 1, 0, 0)[0] == 1  # appendfsync everysec
        os.kill(Valkey(place).main_process(), signal.SIGKILL)
    with broker(place):
        assert client(place).lrange("queue", 0, -1) == [b"message"]


def test_kombu_understands_the_broker_url(place: ServicesFolder) -> None:
    url = "import kombu, mindsite.embedded as e; kombu.Connection(e.broker_url(1)).SimpleQueue('q').put('hello')"
    with broker(place):
        _, errors = run_cli(place, sys.executable, "-c", url, DATABASE_URL="postgres://elsewhere/x").communicate()
        assert redis.Redis(unix_socket_path=str(Valkey(place).socket), db=1).llen("q") == 1, errors


def test_broker_url_names_a_socket() -> None:
    assert broker_url(3).startswith("redis+socket:///")
    assert broker_url(3).endswith("/valkey.sock?virtual_host=3")


def test_nested_holders_stop_once_at_the_outermost(place: ServicesFolder) -> None:
    with database(place):
        with database(place):
            pass
        assert query(place, "SELECT 1") == [(1,)]
    assert Postgres(place).processes() == []


def test_the_last_holder_stops_what_an_earlier_one_started(place: ServicesFolder) -> None:
    with hold(place, database=True, broker=True, say=lambda line: None):
        other = sleeper(place)
    assert query(place, "SELECT 1") == [(1,)]
    other.terminate()
    other.wait()
    assert Postgres(place).processes() == Valkey(place).processes() == []


def test_holders_that_come_and_go_always_find_it_running(place: ServicesFolder) -> None:
    """Each enters while another may be leaving: 4 processes, 6 times each."""
    loop = (
        "from mindsite.embedded import *; import psycopg\n"
        "d = database_settings()\n"
        "for _ in range(6):\n"
        "    with services(broker=False): psycopg.connect(host=d['HOST'], dbname='mindsite', user='mindsite').close()\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"MINDSITE_VAR": str(place.var)}
    command = [sys.executable, "-c", loop]
    four = [subprocess.Popen(command, cwd=BASE, env=environment, stderr=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait() for process in four] == [0, 0, 0, 0]
    assert Postgres(place).processes() == []


@pytest.mark.parametrize("victims", ["postmaster alone", "all of it"])
def test_kill_9_of_the_server_loses_nothing(place: ServicesFolder, victims: str) -> None:
    with database(place):
        query(place, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n")
        server = Postgres(place)
        for pid in [server.main_process()] if victims == "postmaster alone" else server.processes():
            with suppress(ProcessLookupError):  # the others end when they see that the postmaster has
                os.kill(pid, signal.SIGKILL)
        with database(place):
            assert query(place, "SELECT n FROM kept") == [(7,)]


def test_a_reused_process_number_does_not_bar_the_start(place: ServicesFolder) -> None:
    """As after a restart of the machine: the files name a process that is alive, and somebody else's."""
    with database(place):
        stale = Postgres(place).pid_file.read_text()
    account = Account.for_servers()
    private_directory(place.sockets, account)
    with subprocess.Popen(["sleep", "60"], user=account.uid) as somebody:
        for path in (place.sockets / ".s.PGSQL.5432.lock", Postgres(place).pid_file):
            path.write_text("\n".join([str(somebody.pid), *stale.splitlines()[1:]]) + "\n")
            path.chmod(0o600)
            os.chown(path, account.uid, account.gid)
        try:
            with database(place):
                assert query(place, "SELECT 1") == [(1,)]
            assert somebody.poll() is None
        finally:
            somebody.kill()


def test_after_kill_9_of_the_holder_the_next_takes_over(place: ServicesFolder) -> None:
    holder = sleeper(place)
    holder.kill()
    holder.wait()
    assert query(place, "SELECT 1") == [(1,)]
    with database(place):
        assert query(place, "SELECT 1") == [(1,)]
    assert Postgres(place).processes() == []


def test_a_database_half_made_is_made_again(tmp_path: Path) -> None:
    place = ServicesFolder(tmp_path / "var")
    (place.var / "postgres-new-killed" / "base").mkdir(parents=True)
    with database(place):
        assert query(place, "SELECT 1") == [(1,)]
    assert list(place.var.glob("postgres*")) == [place.var / "postgres"]


@pytest.mark.parametrize(
    ("command", "status"),
    [("exit 7", 7), ("kill -9 $$", 128 + 9), ("exit 0", 0)],
)
def test_cli_exits_as_its_command(place: ServicesFolder, command: str, status: int) -> None:
    assert run_cli(place, "--database-only", "sh", "-c", command).wait() == status


def test_cli_names_a_command_that_is_not_there(place: ServicesFolder) -> None:
    _, errors = run_cli(place, "--database-only", "no-such-command").communicate()
    assert any(line.startswith("no-such-command: ") for line in errors.splitlines())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cli_passes_signals_on_and_stops_the_servers(place: ServicesFolder, number: signal.Signals) -> None:
    holder = sleeper(place)
    holder.send_signal(number)
    assert holder.wait() == 128 + number
    assert Postgres(place).processes() == []


def test_servers_configured_elsewhere_are_not_started(place: ServicesFolder) -> None:
    elsewhere = {"DATABASE_URL": "postgres://elsewhere/x", "CELERY_BROKER_URL": "amqp://elsewhere"}
    assert run_cli(place, "true", **elsewhere).communicate() == ("", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, whom PostgreSQL refuses")
def test_root_may_keep_it_under_a_directory_closed_to_others(template: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    subprocess.run(["cp", "-a", str(template), str(closed / "var")], check=True)
    place = ServicesFolder(closed / "var")
    with hold(place, database=True, broker=True, say=lambda line: None):
        assert query(place, "SELECT 1") == [(1,)]
        assert client(place).ping()
        owner = Path(f"/proc/{Postgres(place).main_process()}").stat().st_uid
    assert owner != 0
    assert closed.stat().st_mode & 0o777 == 0o700


def test_sockets_of_a_path_too_long_or_with_a_comma_go_to_a_private_directory(template: Path, tmp_path: Path) -> None:
    # /run/sockets/.s.PGSQL.5432 takes 26 bytes: a var of 81 fits within 107, one of 82 does not.
    assert ServicesFolder(Path("/" + "v" * (SUN_PATH - 26 - 1))).sockets.parts[1] != "tmp"
    assert ServicesFolder(Path("/" + "v" * (SUN_PATH - 26))).sockets.parent == Path("/tmp")
    var = tmp_path / ("long, " * 20)
    subprocess.run(["cp", "-a", str(template), str(var)], check=True)
    with hold(ServicesFolder(var), database=True, broker=True, say=lambda line: None):
        assert query(ServicesFolder(var), "SELECT 1") == [(1,)]
        assert ServicesFolder(var).sockets.stat().st_mode & 0o777 == 0o700
    assert not ServicesFolder(var).sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 12345, 12345)
    with pytest.raises(ServiceError, match="belongs to user 12345, not to"):
        private_directory(theirs, Account.for_servers())


def test_a_directory_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(ServiceError, match=r"file/var.*: Not a directory: .*MINDSITE_VAR"),
        database(ServicesFolder(tmp_path / "file" / "var")),
    ):
        pass
