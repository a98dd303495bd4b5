"""Machines that are namespaces of the network: each has an address, and can be switched off."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

NET = "10.77.19"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Host:
    def __init__(self, name: str, n: int, switch: str, folder: Path) -> None:
        self.name, self.address, self.folder = f"{switch}-{name}", f"{NET}.{n}", folder / name
        self.folder.mkdir()
        self._wire = f"{switch}-{n}"
        ip("netns", "add", self.name)
        ip("link", "add", self._wire, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("link", "set", self._wire, "master", switch, "up")
        self.inside("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            self.inside("ip", "link", "set", device, "up")

    def inside(self, *words: str | Path, **options) -> subprocess.CompletedProcess:
        return subprocess.run(["ip", "netns", "exec", self.name, *words], check=True, **options)

    def begin(self, words: Sequence[str | Path], **options) -> None:
        with (self.folder / "log").open("ab") as log:
            subprocess.Popen(
                ["ip", "netns", "exec", self.name, *words], stdout=log, stderr=log, start_new_session=True, **options
            )

    def off(self) -> None:
        """At once, and nobody is told: not even those who wait for an answer."""
        ip("link", "set", self._wire, "down")
        while pids := subprocess.check_output(["ip", "netns", "pids", self.name], text=True).split():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            time.sleep(0.1)

    def on(self) -> None:
        ip("link", "set", self._wire, "up")


@contextmanager
def network(folder: Path, *names: str) -> Iterator[list[Host]]:
    switch, made = f"ms{os.getpid() % 10_000}", []
    ip("link", "add", switch, "type", "bridge")
    try:
        ip("address", "add", f"{NET}.1/24", "dev", switch)
        ip("link", "set", switch, "up")
        for n, name in enumerate(names, 2):
            made.append(Host(name, n, switch, folder))
        yield made
    finally:
        for host in made:
            host.off()
            ip("netns", "delete", host.name)
        ip("link", "delete", switch)
