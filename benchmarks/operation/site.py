"""A site as it is run, in a folder of its own: `serve`, started again when it ends, as a service manager does."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg

BASE = Path(__file__).resolve().parents[2]
RESTART_S = 2.0  # as RestartSec= of deploy/systemd


class Site:
    def __init__(self, var: Path, port: int, **environment: str) -> None:
        self.var, self.port, self.began = var, port, 0.0
        self.environment = os.environ | {"MINDSITE_VAR": str(var), "LOG_LEVEL": "WARNING", **environment}
        self.log = (var / "serve.log").open("ab")
        self._over = threading.Event()
        self.process = self._serve()
        self._manager = threading.Thread(target=self._manage, daemon=True)
        self._manager.start()

    def _serve(self) -> subprocess.Popen:
        words = [sys.executable, "manage.py", "serve", "--port", str(self.port)]
        return subprocess.Popen(
            words, cwd=BASE, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def _manage(self) -> None:
        while not self._over.wait(0.1):
            if self.process.poll() is not None and not self._over.wait(RESTART_S):
                self.process = self._serve()

    def end(self) -> None:
        self._over.set()
        self._manager.join()
        self.manage("stop")
        self.process.wait(90)

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, cwd=BASE, env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True, check=True
        ).stdout

    def asked(self, path: str = "/readyz") -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=3) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except (OSError, ValueError):
            return 0

    def query(self, sql: str, *values: object) -> list[tuple]:
        """Asked until it is answered, past whatever was killed."""
        where = {"host": str(self.var / "run" / "sockets"), "user": "mindsite", "dbname": "mindsite"}
        while True:
            with suppress(psycopg.OperationalError), psycopg.connect(**where, connect_timeout=2) as database:
                return database.execute(sql, values).fetchall()
            time.sleep(0.1)

    def pid(self, what: str) -> int:
        """0 where there is none at this moment."""
        try:
            return PIDS[what](self)
        except (OSError, ValueError, IndexError, KeyError, StopIteration):
            return 0

    def groups(self) -> list[int]:
        known = json.loads((self.var / "run" / "site.json").read_text())
        return [pid for pid, _ in known["groups"] if Path(f"/proc/{pid}").exists()]


def _leader(word: str) -> Callable[[Site], int]:
    return lambda site: next(pid for pid in site.groups() if word in _command(pid))


def _child(word: str) -> Callable[[Site], int]:
    """The eldest of a leader's that does its work (multiprocessing's keepers do none)."""

    def found(site: Site) -> int:
        parent = _leader(word)(site)
        return min(pid for pid in _children(parent) if "tracker" not in _command(pid))

    return found


def _pool_child(site: Site) -> int:
    """Tasks come to it through pipes of its parent's; the clock beside it has closed all but the log."""
    parent = _leader("celery")(site)
    return min(pid for pid in _children(parent) if len(_pipes(pid) & _pipes(parent)) > 1)


def _clock(site: Site) -> int:
    parent = _leader("celery")(site)
    alone = (pid for pid in _children(parent) if len(_pipes(pid) & _pipes(parent)) == 1)
    return next(pid for pid in alone if "tracker" not in _command(pid))


def _pipes(pid: int) -> set[str]:
    links = (str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir())
    return {link for link in links if link.startswith("pipe:")}


def _backend(site: Site) -> int:
    asked = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    return site.query(f"{asked} ORDER BY backend_start LIMIT 1")[0][0]


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(each) for path in listed for each in path.read_text().split()]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def _postmaster(site: Site) -> int:
    return int((site.var / "postgres" / "postmaster.pid").read_text().split()[0])


PIDS: dict[str, Callable[[Site], int]] = {
    "web worker": _child("granian"),
    "web master": _leader("granian"),
    "supervisor": lambda site: site.process.pid if site.process.poll() is None else 0,
    "Celery main": _leader("celery"),
    "pool child": _pool_child,
    "clock": _clock,
    "Valkey": lambda site: int((site.var / "valkey" / "valkey.pid").read_text()),
    "PostgreSQL backend": _backend,
    "postmaster": _postmaster,
}


class Model:
    """The model server, which can be killed and comes back at the same port."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.file, self.seconds = folder / "answered.txt", seconds
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        words = [sys.executable, str(BASE / "benchmarks" / "operation" / "model.py")]
        self.process = subprocess.Popen([*words, str(self.port), str(self.file), str(self.seconds)])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def repeated(self, since: float, until: float) -> int:
        """Answers within that time to what was answered before."""
        seen: set[str] = set()
        n = 0
        for line in self.file.read_text().splitlines():
            at, question = line.split()
            n += question in seen and since <= float(at) < until
            seen.add(question)
        return n
