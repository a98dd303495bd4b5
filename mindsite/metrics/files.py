"""What the processes of this machine have counted: each in files of its own, which a scrape adds up.

Files of a process that has ended count on; those of a supervisor's role are begun anew with it. They lie in memory: a
process that writes into a file mapped from a full disk is killed (SIGBUS).
"""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from mindsite.embedded import VAR, ServicesFolder
from mindsite.embedded.layout import Account, private_directory

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of ours in it, which nobody else may enter
PLACE = MEMORY / f"{ServicesFolder(VAR).tag}-{os.geteuid()}" if os.access(MEMORY, os.W_OK) else VAR / "run" / "metrics"
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own; it is read when that is imported
OURS = "mindsite_"


def begun_anew(role: str) -> Path:
    """For the environment of a supervisor's children."""
    forgotten(role)
    private_directory(PLACE, Account("", os.geteuid(), os.getegid()))
    (PLACE / role).mkdir(parents=True)
    return PLACE / role


def forgotten(role: str) -> None:
    """With its supervisor: memory is not to fill with what nobody reads."""
    shutil.rmtree(PLACE / role, ignore_errors=True)
    with suppress(OSError):
        PLACE.rmdir()


class Counted(Collector):
    def collect(self) -> Iterable[Metric]:
        if files := sorted(str(path) for path in PLACE.glob("*/*.db")):
            return MultiProcessCollector.merge(files, accumulate=True)
        return [each for each in REGISTRY.collect() if each.name.startswith(OURS)]


def served(port: int, host: str) -> None:
    """From a thread of this process: for machines that have workers and no web server."""
    registry = CollectorRegistry()
    registry.register(Counted())
    start_http_server(port, addr=host, registry=registry)
