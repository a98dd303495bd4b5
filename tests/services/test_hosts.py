"""`make test-hosts`: a site on eight machines, one of each kind of which is switched off under load."""

import asyncio
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.judging.load import Load, crowd
from mindsite.embedded.layout import Account, ServicesFolder, private_directory
from mindsite.embedded.servers import Postgres, Valkey
from tests.services.conftest import SUBMISSIONS, Site, complete, wait_until
from tests.services.hosts import NET, Host, network

UNITS = 42 * 20
NAMES = ("database", "broker", "model-a", "model-b", "web-a", "web-b", "worker-a", "worker-b")
PYTHON = [sys.executable, "manage.py"]


class Machines:
    def __init__(self, hosts: list[Host], folder: Path) -> None:
        self.by = dict(zip(NAMES, hosts, strict=True))
        self.account, self.services = Account.for_servers(), ServicesFolder(folder)
        self.data = folder / "data"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DATABASE_URL": f"postgres://mindsite@{self.by['database'].address}/postgres",
            "CELERY_BROKER_URL": f"redis://{self.by['broker'].address}:6379/0",
            "SECRET_KEY": secrets.token_hex(),
            "MEDIA_ROOT": str(folder / "media"),
            "ALLOWED_HOSTS": "*",
            "LVLM_IN_FLIGHT": "4",
            "LOG_LEVEL": "WARNING",
        }
        self.make_database()

    def make_database(self) -> None:
        private_directory(self.data, self.account)
        words = (f"--pgdata={self.data}", "--username=mindsite", "--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8")
        program = Postgres(self.services).program
        self.by["database"].inside(*self.account.launcher(program, self.data), program.with_name("initdb"), *words)
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {NET}.0/24 trust\n")

    def start(self, name: str) -> None:
        host, kind = self.by[name], name.partition("-")[0]
        host.on()
        environment = self.environment | {"MINDSITE_VAR": str(host.folder / "var")}
        host.begin(self.words(kind, name, host), cwd=settings.BASE_DIR, env=environment)

    def words(self, kind: str, name: str, host: Host) -> list[str | Path]:
        postgres, broker = Postgres(self.services).program, Valkey(self.services).program
        options = ("-c", "listen_addresses=*", "-c", "unix_socket_directories=", "-c", "max_connections=200")
        return {
            "database": [*self.account.launcher(postgres, self.data), postgres, "-D", self.data, *options],
            "broker": [broker, "--protected-mode", "no", "--appendonly", "yes", "--dir", host.folder],
            "model": [sys.executable, Path(__file__).with_name("slow_model.py"), "8000", host.address],
            "web": [*PYTHON, "web", "--host", "0.0.0.0", "--port", "8000", "--processes", "1"],
            "worker": [*PYTHON, "worker", "--name", name],
        }[kind]

    def loses(self, name: str, *, for_s: float) -> None:
        self.by[name].off()
        time.sleep(for_s)
        self.start(name)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    if os.geteuid() != 0:
        pytest.skip("makes namespaces of the network, as only root may")
    with network(tmp_path, *NAMES) as hosts:
        yield Machines(hosts, tmp_path)


def test_one_of_each_may_go(machines: Machines, tmp_path: Path) -> None:
    site = Site(tmp_path / "operator")
    site.env = machines.environment | {"MINDSITE_VAR": str(site.var)}
    for name in NAMES[:4]:
        machines.start(name)
    wait_until(lambda: site.manage("migrate", check=False), 60, "the database")
    for name in NAMES[4:]:
        machines.start(name)
    site.import_sample()
    site.manage("distill", "--run", "first", "--backend", "baseline", "--relations", "all", "--wait")
    site.manage("create_study", "s", "--run", "first", "--items", "400", "--overlap", "4")
    keys = site.keys_of_annotators(4)
    models = [f"--base-url=http://{machines.by[name].address}:8000" for name in ("model-a", "model-b")]
    asks = ("--backend", "openai", "--model", "slow", *models, "--relations", "all")
    loads = [Load(at=f"{machines.by[name].address}:8000") for name in ("web-a", "web-b")]

    def judge(load: Load, of: list[str]) -> None:
        asyncio.run(crowd(load, 1, of, 200, patient=True, pause=0.5))

    judging = [
        threading.Thread(target=judge, args=each, daemon=True) for each in zip(loads, (keys[:2], keys[2:]), strict=True)
    ]
    for each in judging:
        each.start()
    wait_until(lambda: all(load.judged for load in loads), 90, "judgments at both")
    lost = ("model-a", "worker-a", "web-a", "broker", "database")
    for name in lost:
        site.manage("distill", "--run", name, *asks)
        machines.loses(name, for_s=5)
        judged = loads[1].judged
        wait_until(lambda: loads[1].judged > judged, 40, f"a judgment after the loss of {name}")  # noqa: B023
    for name in lost:
        wait_until(lambda: complete(site, name, UNITS), 240, f"the end of the run at the loss of {name}")  # noqa: B023
    for each in judging:
        each.join()
    known = site.manage("shell", "-c", SUBMISSIONS).split()
    print([(len(load.acknowledged), dict(load.errors)) for load in loads])
    assert {each for load in loads for each in load.acknowledged} <= set(known)
    assert set().union(*(load.errors for load in loads)) <= {502, 503, "connection"}
