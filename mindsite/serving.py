"""Web server and worker of one machine, run together and stopped together."""

import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from logging import makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from honcho.manager import Manager
from honcho.printer import Message, Printer

from mindsite.workers import worker_command

HOST = "127.0.0.1"
PORTS_TRIED = 50
LOG_BYTES, LOGS_KEPT = 5_000_000, 3  # of each process


class NoPort(Exception):
    """No port is free; one line."""


def free_port(wanted: int, say: Callable[[str], object]) -> int:
    """`wanted`, or the next one that nobody listens on."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        if port != wanted:
            say(f"Port {wanted} is taken; using {port}.")
        return port
    raise NoPort(f"Ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken; name another with PORT=…")


def web_command(port: int) -> list[str]:
    """Django has two requests of a process at once (mindsite.bodies): under the interpreter's lock more of them only
    wait for each other. Further threads wait for bodies, which may never end."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)),
        *("--workers", "2", "--blocking-threads", "64", "--workers-kill-timeout", "5", "--no-ws"),
        *("--http1-header-read-timeout", "10000"),  # ms
        *("--log-level", "warning", "mindsite.wsgi:application"),
    ]


class LogPrinter(Printer):
    """What each process says goes into a file of its own, rotated, and nothing to the terminal."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._files: dict[str, RotatingFileHandler] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, message: Message) -> None:
        if message.type == "line":
            line = message.data if isinstance(message.data, str) else message.data.decode(errors="replace")
            self._file(message.name).emit(makeLogRecord({"msg": line.rstrip("\n")}))

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            self._files[name] = RotatingFileHandler(
                self.folder / f"{name}.log", maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8", delay=True
            )
        return self._files[name]


def processes(port: int, *, log: Path | None = None) -> Manager:
    """Not started yet; `loop()` runs them until one ends or a signal comes. `log`: a folder for what they say."""
    call_command("collectstatic", verbosity=0, interactive=False)
    manager = Manager(LogPrinter(log) if log else Printer(sys.stderr))
    manager.add_process("web", shlex.join(web_command(port)), cwd=str(settings.BASE_DIR))
    manager.add_process("worker", shlex.join(worker_command()), cwd=str(settings.BASE_DIR))
    return manager


def wait_until_it_answers(port: int, *, seconds: float) -> None:
    """Or until the time is over: whoever waits has something to say in any case."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)


def ended_by_itself(manager: Manager) -> bool:
    """Else somebody sent Ctrl-C or SIGTERM."""
    return manager.returncode not in (0, None, 128 + signal.SIGINT, 128 + signal.SIGTERM)
