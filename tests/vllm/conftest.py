"""The real vLLM on the CPU and a tiny model of random weights: `make test-vllm` installs the one, makes the other."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from distillation.lvlm import make_backend
from distillation.lvlm.base import Backend
from distillation.models import Run
from distillation.runs.reports import run_progress
from mindsite.celery import app
from mindsite.workers import stop, worker_command
from tests.vllm.builders import catalog

MODEL = os.environ.get("TINY_LVLM", "")
collect_ignore_glob = [] if MODEL else ["test_*.py"]  # `make test` has no vLLM

MOST_S = 300
LOGS = Path(MODEL).parent
SMALL = {
    "HF_HUB_OFFLINE": "1",
    "LVLM_ENGINE": '{"max_model_len": 4096, "enforce_eager": true, "block_size": 32}',  # as in serve.sh
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_SERVER_DEV_MODE": "1",  # /reset_mm_cache
}


@dataclass(frozen=True)
class Server:
    url: str

    def ready(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/health", timeout=2).close()
        except OSError:
            return False
        return True

    def counted(self, name: str) -> float:
        """A counter of /metrics, over all its labels."""
        told = urllib.request.urlopen(f"{self.url}/metrics", timeout=10).read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", told, re.MULTILINE))

    def forget_pictures(self) -> None:
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/reset_mm_cache", method="POST"), timeout=10).close()


@pytest.fixture(scope="session", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setenv(name, value)
        yield


@contextmanager
def logged(command: list[str], log: Path, **more) -> Iterator[subprocess.Popen]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True, **more)
    try:
        yield process
    finally:
        stop(process)


@pytest.fixture(scope="session")
def server(small: None) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [str(Path(__file__).with_name("serve.sh")), sys.prefix, MODEL, str(port)]
    log = LOGS / "server.log"
    with logged(serve, log) as process:
        server = Server(f"http://127.0.0.1:{port}")
        until(server.ready, process, log)
        yield server


def until(condition: Callable[[], bool], process: subprocess.Popen, log: Path, most_s: float = MOST_S) -> None:
    deadline = time.monotonic() + most_s
    while not condition():
        if time.monotonic() > deadline or process.poll() is not None:
            pytest.fail(f"{Path(str(process.args[0])).name} did not get there: see {log}")
        time.sleep(0.5)


@pytest.fixture(scope="session", params=["openai", "vllm"])
def asked(request: pytest.FixtureRequest) -> dict:
    """What a run is started with, for the server and for the engine in the worker's process."""
    if request.param == "openai":
        return {"backend": "openai", "base_url": [request.getfixturevalue("server").url]}
    return {"backend": "vllm", "model": MODEL}


@pytest.fixture(scope="session")
def make(asked: dict) -> Callable[[], Backend]:
    """The same backends in this process."""
    return lambda: make_backend(
        asked["backend"], model=asked.get("model", "tiny-llava"), base_urls=asked.get("base_url", []), timeout_s=300
    )


@pytest.fixture(scope="session")
def sample(django_db_setup: None, django_db_blocker, small: None) -> None:
    with django_db_blocker.unblock():
        catalog()


@pytest.fixture(scope="session")
def done(asked: dict, sample: None, django_db_blocker) -> Run:
    """5 co-buys x 18 relations through all three steps by a worker of its own, and the broken sixth."""
    log = LOGS / f"worker-{asked['backend']}.log"
    with django_db_blocker.unblock(), worker(log) as process:
        call_command("distill", run=asked["backend"], stdout=StringIO(), **asked)
        run = Run.objects.get(name=asked["backend"])
        until(lambda: run_progress(run).ended, process, log)
        return run


@contextmanager
def worker(log: Path) -> Iterator[subprocess.Popen]:
    """One with the test's database, broker and pictures."""
    at = connection.settings_dict
    address = {key.lower(): at[key] for key in ("HOST", "PORT", "USER", "PASSWORD") if at[key]}
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres:///{at['NAME']}?{urlencode(address)}",
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "DJANGO_SETTINGS_MODULE": "mindsite.settings",
        "LVLM_IN_FLIGHT": "16",
        "LVLM_TIMEOUT": "300",
    }
    app.control.purge()
    with logged(worker_command(concurrency=1), log, cwd=settings.BASE_DIR, env=environment) as process:
        yield process
