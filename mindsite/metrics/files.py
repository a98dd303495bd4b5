"""What the processes of this machine have counted: each in files of its own, which a scrape adds up.

Files of a process that has ended count on; those of a supervisor's role are begun anew with it.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from mindsite.embedded import VAR

PLACE = VAR / "run" / "metrics"
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own; it is read when that is imported
OURS = "mindsite_"


def begun_anew(role: str) -> Path:
    """For the environment of a supervisor's children."""
    folder = PLACE / role
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


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
