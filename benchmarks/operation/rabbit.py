"""A RabbitMQ node of one's own: its ports, its files, nobody else's."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_S = 60


class Rabbit:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        port, of_distribution, of_epmd = _free_ports(3)
        self.url = f"amqp://guest:guest@127.0.0.1:{port}//"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"mindsite{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(of_distribution),
            "ERL_EPMD_PORT": str(of_epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        }
        self.log = (folder / "rabbit.log").open("ab")

    def start(self) -> None:
        """Waits until it takes connections."""
        self.process = subprocess.Popen(
            [RABBIT],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_S
        while self.ask("await_startup", check=False).returncode:
            if time.monotonic() > deadline:
                raise TimeoutError(f"RabbitMQ did not start within {START_S} s; see {self.log.name}")
            time.sleep(0.2)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """With the mapper of its port."""
        self.kill()
        subprocess.run(["epmd", "-kill"], env=self.environment, capture_output=True, check=False)

    def ask(self, *words: str, check: bool = True) -> subprocess.CompletedProcess:
        command = [RABBIT.with_name("rabbitmqctl"), "--node", self.environment["RABBITMQ_NODENAME"], *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=check)


def _free_ports(n: int) -> list[int]:
    probes = [socket.socket() for _ in range(n)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
