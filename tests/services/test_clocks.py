"""The machine's clock is set by a day, forth and back, under a site that runs: it goes on."""

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.conftest import Serving, Site, SlowModel, asked, wait_until

DAY_S = 86_400
UNITS = 42 * 20


class Clock:
    """Of all processes of a site, PostgreSQL's too."""

    def __init__(self, folder: Path) -> None:
        library, self.file = folder / "clock.so", folder / "clock"
        source = Path(__file__).with_name("clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(self.file)}
        self.file.write_bytes(struct.pack("l", 0))

    def set(self, seconds: int) -> None:
        with self.file.open("r+b") as file:
            file.write(struct.pack("l", seconds))


@pytest.fixture
def clock() -> Iterator[Clock]:
    if not shutil.which("cc"):
        pytest.skip("there is no C compiler (Debian: gcc)")
    folder = Path(tempfile.mkdtemp(prefix="mindsite-clock-"))  # PostgreSQL's user reads it too
    folder.chmod(0o755)
    yield Clock(folder)
    shutil.rmtree(folder)


@pytest.fixture
def serving(site: Site, clock: Clock) -> Iterator[Serving]:
    site.env |= clock.environment
    made = Serving(site)
    yield made
    site.manage("stop")
    made.process.wait(90)


@pytest.mark.parametrize("offset", [DAY_S, -DAY_S])
def test_a_run_ends_and_the_next_begins(serving: Serving, clock: Clock, model: SlowModel, offset: int) -> None:
    site, asks = serving.site, ("--backend", "openai", "--model", "slow", "--base-url", model.url)
    for name, jumps in (("before", True), ("after", False)):
        site.manage("distill", "--run", name, *asks, "--relations", "all")
        wait_until(lambda: site.status(name)["verdicts"]["done"] > UNITS // 20, 60, "a beginning")  # noqa: B023
        if jumps:
            clock.set(offset)
        wait_until(lambda: site.status(name)["state"] == "done", 90, "the run's end")  # noqa: B023
        status = site.status(name)
        assert status["verdicts"]["done"] == status["intentions"]["done"] == UNITS
    wait_until(lambda: asked(serving.port) == 200, 30, "all of it")
    assert asked(serving.port, "/accounts/login/") == 200
