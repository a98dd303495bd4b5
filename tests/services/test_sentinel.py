"""A Redis that Sentinels look after is the broker: the master is killed, its replica takes over, a run goes on."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from mindsite.embedded.layout import ServicesFolder
from mindsite.embedded.servers import Valkey
from tests.services.conftest import Site, SlowModel, free_port, wait_until

NAME = "mindsite"
UNITS = 42 * 20


class Watched:
    """A master, a replica and three Sentinels, of the program that the embedded broker is."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.program = folder, Valkey(ServicesFolder(folder)).program
        self.master, self.replica = free_port(), free_port()
        self.sentinels = [free_port() for _ in range(3)]
        self.url = ";".join(f"sentinel://127.0.0.1:{port}/0" for port in self.sentinels)
        self.processes = [
            self.start(self.master),
            self.start(self.replica, f"replicaof 127.0.0.1 {self.master}"),
            *(self.start(port, *self.watching(), sentinel=True) for port in self.sentinels),
        ]
        wait_until(lambda: self.ask("sentinel_master", NAME)["num-slaves"] == 1, 30, "a replica that is known")

    def watching(self) -> list[str]:
        return [
            f"sentinel monitor {NAME} 127.0.0.1 {self.master} 2",
            f"sentinel down-after-milliseconds {NAME} 1500",
            f"sentinel failover-timeout {NAME} 10000",
        ]

    def start(self, port: int, *lines: str, sentinel: bool = False) -> subprocess.Popen:
        home = self.folder / str(port)
        home.mkdir()
        told = [f"port {port}", "bind 127.0.0.1", f"dir {home}", *lines]
        (home / "conf").write_text("\n".join(told if sentinel else [*told, "appendonly yes"]) + "\n")
        command = [self.program, home / "conf", *(["--sentinel"] if sentinel else [])]
        return subprocess.Popen(command, stdout=(home / "log").open("ab"), stderr=subprocess.STDOUT)

    def ask(self, command: str, *words: str) -> dict:
        try:
            with redis.Redis(port=self.sentinels[0]) as sentinel:
                return getattr(sentinel, command)(*words)
        except (redis.ConnectionError, redis.ResponseError):
            return {"num-slaves": 0, "port": 0}

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    folder = tmp_path / "watched"
    folder.mkdir()
    made = Watched(folder)
    yield made
    made.end()
    shutil.rmtree(folder)


def test_a_run_goes_on_with_the_replica(site: Site, watched: Watched, model: SlowModel) -> None:
    site.env |= {"CELERY_BROKER_URL": watched.url, "CELERY_BROKER_MASTER": NAME}
    asks = ("--backend", "openai", "--model", "slow", "--base-url", model.url, "--relations", "all")
    worker = site.begin("worker")
    site.manage("distill", "--run", "r", *asks)
    wait_until(lambda: site.status("r")["verdicts"]["done"] > UNITS // 20, 60, "a beginning")
    watched.processes[0].kill()
    wait_until(lambda: watched.ask("sentinel_master", NAME)["port"] == watched.replica, 30, "another master")
    site.manage("distill", "--run", "next", *asks, "--limit", "2")
    for run in ("r", "next"):
        wait_until(lambda: site.status(run)["state"] == "done", 120, "the run's end")  # noqa: B023
    assert site.status("r")["verdicts"]["done"] == UNITS
    worker.terminate()
    worker.wait(60)
