"""`make test-services`: what a run survives, on real services that are killed for it. Not part of `make test`."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.operation.rabbit import RABBIT, Rabbit

SUBMISSIONS = "from annotation.models import Judgment as J; print(*J.objects.values_list('submission', flat=True))"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(is_so: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.2)


def asked(port: int, path: str = "/readyz", **headers: str) -> int:
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def command_line(pid: int) -> str:
    """Empty where it has ended: the record still names it, until the next is started."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


@pytest.fixture
def rabbit(tmp_path: Path) -> Iterator[Rabbit]:
    if not RABBIT.exists():
        pytest.skip("RabbitMQ is not installed (Debian: rabbitmq-server)")
    node = Rabbit(tmp_path / "rabbit")
    node.start()
    yield node
    node.end()


class Site:
    """An installation of its own: embedded services under a folder, commands as a person types them.

    `prefix`: the words before each command that make its surroundings.
    """

    def __init__(self, var: Path, *prefix: str) -> None:
        self.var, self.prefix = var, prefix
        keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.env = {**keep, "MINDSITE_VAR": str(var), "LVLM_IN_FLIGHT": "4", "LOG_LEVEL": "WARNING"}

    def manage(self, *words: str, check: bool = True) -> str:
        command = [*self.prefix, sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self.env, capture_output=True, text=True, check=False, timeout=180
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [*self.prefix, sys.executable, "manage.py", *words],
            cwd=settings.BASE_DIR,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def import_sample(self) -> None:
        sample = settings.BASE_DIR / "distillation" / "sample"
        self.manage(
            "import_catalog", f"{sample}/products.csv", "--format", "csv",
            "--cobuys", f"{sample}/cobuys.csv", "--images", f"{sample}/img",
        )  # fmt: skip

    @property
    def log(self) -> Path:
        """Beside its folder: that may be full."""
        return self.var.with_name("serve.log")

    def keys_of_annotators(self, n: int) -> list[str]:
        """Of as many who are signed in."""
        code = "from benchmarks.fill import annotators; from benchmarks.judging.load import sessions; "
        said = self.manage("shell", "-c", f"{code}print(*sessions(None, annotators({n})))")
        return said.splitlines()[-1].split()  # the shell has words of its own before

    def status(self, run: str) -> dict:
        return json.loads(self.manage("run_status", run, "--json"))

    def postmaster(self) -> int:
        return int((self.var / "postgres" / "postmaster.pid").read_text().split()[0])


class Serving:
    def __init__(self, site: Site, port: int | None = None) -> None:
        self.site, self.port = site, port or free_port()
        self.log = site.log.open("ab")
        self.start()

    def start(self) -> None:
        words = [*self.site.prefix, sys.executable, "manage.py", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            words, cwd=settings.BASE_DIR, env=self.site.env, stdout=self.log, stderr=self.log, start_new_session=True
        )
        wait_until(lambda: asked(self.port) == 200, 90, "the site")

    def record(self) -> dict:
        return json.loads((self.site.var / "run" / "site.json").read_text())

    def pid(self, what: str) -> int:
        if what == "valkey":
            return int((self.site.var / "valkey" / "valkey.pid").read_text())
        if what == "postmaster":
            return self.site.postmaster()
        return next((pid for pid, _ in self.record()["groups"] if what in command_line(pid)), 0)


def complete(site: Site, run: str, units: int) -> bool:
    status = site.status(run)
    return status["state"] == "done" and status["verdicts"]["done"] == status["intentions"]["done"] == units


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """With the shipped sample imported."""
    made = Site(tmp_path / "var")
    made.import_sample()
    yield made
    shutil.rmtree(made.var, ignore_errors=True)


class SlowModel:
    """Our scripted model server in a process of its own, which can be killed and started again at the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        script = Path(__file__).with_name("slow_model.py")
        self.process = subprocess.Popen([sys.executable, str(script), str(self.port)])

        def answers() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(answers, 20, "the model server")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def model() -> Iterator[SlowModel]:
    server = SlowModel()
    server.start()
    yield server
    server.kill()
