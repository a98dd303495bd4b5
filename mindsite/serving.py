"""Web server and worker of one machine, run together or apart, and kept running."""

import hashlib
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from kombu.exceptions import OperationalError

from distillation.runs.wake import broker_check
from mindsite import embedded
from mindsite.metrics.files import VARIABLE, begun_anew, forgotten
from mindsite.supervision.children import Child
from mindsite.supervision.instances import Instance, Record, RunsAlready
from mindsite.supervision.output import Output, ToFiles, ToTerminal
from mindsite.supervision.room import Memory, Room, megabytes_of_memory
from mindsite.supervision.silence import Silence
from mindsite.supervision.supervisor import Supervisor
from mindsite.workers import worker_command

HOST = "127.0.0.1"
PORT = 8000
PORTS_TRIED = 50
CONNECTIONS = 2_048  # of each process: those that wait cost little
HEAD_START_S = 3.0  # both load for seconds: people wait for the pages, and nobody for the worker
LITTLE_MEMORY = 900  # megabytes
SITE = "site"  # web server and worker of this var


class NoPort(Exception):
    """No port is free; one line."""


def free_port(wanted: int, say: Callable[[str], object], *, host: str = HOST) -> int:
    """`wanted`, or the next one that nobody listens on."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        if not port_is_free(port, host):
            continue
        if port != wanted:
            say(f"Port {wanted} is taken; using {port}.")
        return port
    raise NoPort(f"Ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken; name another with PORT=…")


def port_is_free(port: int, host: str) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise NoPort(f"There is no port {port}; name one up to 65535 with PORT=…") from None
        except OSError:
            return False
        return True


def chosen_port(said: int | None, instance: Instance, say: Callable[[str], object], *, host: str = HOST) -> int:
    """The one that was said, or none; else the last time's, so that bookmarks go on working, or the next free one."""
    if said is None:
        return free_port(Record.read(instance.record).port or PORT, say, host=host)
    if not port_is_free(said, host):
        raise NoPort(f"Port {said} of {host} is taken by another process; end that, or name another with PORT=…")
    return said


def processes(say: Callable[[str], object]) -> int:
    """Of the web server, and of the worker: two of each want 600 MB."""
    if 0 < (megabytes := megabytes_of_memory()) < LITTLE_MEMORY:
        say(f"There are {megabytes} MB of memory: one web process, one task at a time; from {LITTLE_MEMORY} on, two")
        return 1
    return 2


# The memory of an upload's piece goes back to the system when it is freed, and is not kept by each thread for the next.
FREED_AT_ONCE = ("MALLOC_ARENA_MAX=2", "MALLOC_MMAP_THRESHOLD_=1000000")


def web_command(port: int, *, host: str = HOST, workers: int = 2) -> list[str]:
    """Each process has two requests in Django at once, and bodies wait in its event loop (mindsite.gateway)."""
    return [
        *("env", *FREED_AT_ONCE),
        *(sys.executable, "-m", "granian", "--interface", "rsgi", "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--workers-kill-timeout", "5", "--no-ws"),
        *("--backlog", str(CONNECTIONS), "--backpressure", str(CONNECTIONS)),
        *("--respawn-failed-workers", "--respawn-interval", "0.5"),
        *("--http1-header-read-timeout", "10000"),  # ms
        *("--log-level", "error", "mindsite.rsgi:application"),
    ]


@contextmanager
def alone(role: str, say: Callable[[str], object]) -> Iterator[Instance]:
    """For the block nobody else has this role in this `var`; what a killed one left behind is ended."""
    instance = Instance(embedded.VAR / "run", role)
    try:
        with instance.alone() as left:
            if left:
                say("Ended what a killed one had left running")
            try:
                yield instance
            finally:
                forgotten(role)
    except (RunsAlready, NoPort) as error:
        raise CommandError(str(error)) from error


def web(port: int, **options) -> Child:
    static_collect()
    return Child("web", web_command(port, **options), settings.BASE_DIR)


def static_collect() -> None:
    """What pages are made up with, named by its digest and packed: a second's work, so only where a file changed."""
    found = sorted(storage.path(name) for finder in get_finders() for name, storage in finder.list([]))
    stats = [(path, stat.st_mtime_ns, stat.st_size) for path in found for stat in [Path(path).stat()]]
    state, last = hashlib.sha256(repr(stats).encode()).hexdigest(), settings.STATIC_ROOT / ".collected"
    if last.exists() and last.read_text() == state:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    last.write_text(state)


def worker(instance: Instance, command: list[str] | None = None, *, after: float = 0.0) -> Child:
    """`after`: seconds from now on."""
    child = Child("worker", command or worker_command(), settings.BASE_DIR, MINDSITE_SIGN=str(_sign(instance)))
    child.due = time.monotonic() + after
    return child


def _counting(instance: Instance, children: Sequence[Child]) -> None:
    folder = str(begun_anew(instance.role))
    for each in children:
        each.environment[VARIABLE] = folder


def supervisor(
    instance: Instance, *children: Child, log: Path | None = None, port: int = 0, url: str = ""
) -> Supervisor:
    """`log`: a folder for what the processes say."""
    output: Output = ToFiles(log) if log else ToTerminal()
    _counting(instance, children)
    silences = [
        Silence(each, _sign(instance), _broker_is_away) for each in children if "MINDSITE_SIGN" in each.environment
    ]

    watched: list[Room | Memory | Silence] = [Room(embedded.VAR), Memory(), *silences]

    def look(say: Callable[[str], None]) -> None:
        for each in watched:
            each.look(say)
        embedded.mend(say)

    return Supervisor(instance, children, output, look=look, port=port, url=url)


def _sign(instance: Instance) -> Path:
    return instance.folder / f"{instance.role}.sign"


def _broker_is_away() -> bool:
    try:
        broker_check()
    except OperationalError:
        return True
    return False


def wait_until_it_answers(port: int, *, seconds: float) -> None:
    """Or until the time is over: whoever waits has something to say in any case."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
