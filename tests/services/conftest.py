"""`make test-services`: what a run survives, on real services that are killed for it. Not part of `make test`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(is_so: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.2)


class Rabbit:
    """A RabbitMQ node of the test's own: its ports, its files, nobody else's."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"mindsite{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        }
        self.log = (folder / "rabbit.log").open("ab")

    def start(self) -> None:
        self.process = subprocess.Popen(
            [RABBIT], env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        wait_until(lambda: self.ask("await_startup", check=False).returncode == 0, 60, "RabbitMQ")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask(self, *words: str, check: bool = True) -> subprocess.CompletedProcess:
        command = [RABBIT.with_name("rabbitmqctl"), "--node", self.env["RABBITMQ_NODENAME"], *words]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=check)


@pytest.fixture
def rabbit(tmp_path: Path) -> Iterator[Rabbit]:
    if not RABBIT.exists():
        pytest.skip("RabbitMQ is not installed (Debian: rabbitmq-server)")
    folder = tmp_path / "rabbit"
    folder.mkdir()
    node = Rabbit(folder)
    node.start()
    yield node
    node.kill()
    epmd = subprocess.run(["epmd", "-kill"], env=node.env, capture_output=True, check=False)  # the one of this port
    assert epmd is not None


class Site:
    """An installation of its own: embedded services under a folder, commands as a person types them."""

    def __init__(self, var: Path) -> None:
        self.var = var
        keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.env = {**keep, "MINDSITE_VAR": str(var), "LVLM_IN_FLIGHT": "4", "LOG_LEVEL": "WARNING"}

    def manage(self, *words: str, check: bool = True) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self.env, capture_output=True, text=True, check=False, timeout=180
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=settings.BASE_DIR,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def status(self, run: str) -> dict:
        return json.loads(self.manage("run_status", run, "--json"))

    def postmaster(self) -> int:
        return int((self.var / "postgres" / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """With the shipped sample imported."""
    made = Site(tmp_path / "var")
    sample = settings.BASE_DIR / "distillation" / "sample"
    made.manage(
        "import_catalog", f"{sample}/products.csv", "--format", "csv",
        "--cobuys", f"{sample}/cobuys.csv", "--images", f"{sample}/img",
    )  # fmt: skip
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
