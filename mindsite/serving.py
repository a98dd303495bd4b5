"""Web server and worker of one machine, run together and stopped together."""

import shlex
import signal
import socket
import sys
from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command
from honcho.manager import Manager
from honcho.printer import Printer

from mindsite.workers import worker_command

HOST = "127.0.0.1"
PORTS_TRIED = 50


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


def processes(port: int) -> Manager:
    """Not started yet; `loop()` runs them until one ends or a signal comes."""
    call_command("collectstatic", verbosity=0, interactive=False)
    manager = Manager(Printer(sys.stderr))
    manager.add_process("web", shlex.join(web_command(port)), cwd=str(settings.BASE_DIR))
    manager.add_process("worker", shlex.join(worker_command()), cwd=str(settings.BASE_DIR))
    return manager


def ended_by_itself(manager: Manager) -> bool:
    """Else somebody sent Ctrl-C or SIGTERM."""
    return manager.returncode not in (0, None, 128 + signal.SIGINT, 128 + signal.SIGTERM)
