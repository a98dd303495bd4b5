"""Where a site may have to live: it works there, or one line says what to do, and nothing is lost once it is mended."""

import asyncio
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.judging.load import PORT, Load, crowd
from mindsite.embedded.layout import Account
from tests.services.conftest import SUBMISSIONS, Serving, Site, SlowModel, asked, complete, wait_until

MS_REMOUNT, MS_RDONLY = 32, 1
NOBODY = 65534
POOR = ("prlimit", "--nofile=64:64", "sh", "-c", 'umask 077; exec "$@"', "sh")
UNITS = 42 * 20  # the sample's co-buys with both pictures x all relations

EATS = "import time; eaten = b'x' * 200_000_000; time.sleep(90)"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk and becomes nobody, as only root may")


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that everybody can reach: pytest's own are closed."""
    made = Path(tempfile.mkdtemp(prefix="mindsite-place-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@contextmanager
def served(site: Site, port: int | None = None) -> Iterator[Serving]:
    try:
        made = Serving(site, port)
        yield made
    finally:
        site.manage("stop")


@as_root
def test_little_of_everything_and_then_another_folder(folder: Path) -> None:
    """As nobody, in the checkout of somebody else: few files, a closed umask, no UTF-8, a path of 200 characters."""
    home = folder / "nobodys"
    var = home / ("x" * 90) / ("y" * (200 - len(str(home)) - 92))
    assert len(str(var)) == 200
    var.mkdir(parents=True)
    for each in (home, var.parent, var):
        os.chown(each, NOBODY, NOBODY)
    becomes = Account("nobody", NOBODY, NOBODY).launcher(Path(sys.executable), var)
    site = Site(var, *becomes, *POOR)
    site.env |= {"LANG": "C", "LC_ALL": "C", "HOME": "/nonexistent"}
    with served(site):
        site.import_sample()
        site.manage("distill", "--run", "r", "--backend", "baseline", "--relations", "usedFor", "--wait")
        assert complete(site, "r", 42)
    site.manage("move", str(home / "moved"))
    site.env["MINDSITE_VAR"], site.var = str(home / "moved"), home / "moved"
    with served(site):
        assert complete(site, "r", 42)
    assert "Traceback" not in site.log.read_text(errors="replace")


class Memory:
    """What the test's processes may have together, the kernel's cache of their files included."""

    def __init__(self, megabytes: int) -> None:
        own = next(line.split(":")[2] for line in Path("/proc/self/cgroup").read_text().split() if ":memory:" in line)
        self.group = Path(f"/sys/fs/cgroup/memory{own}") / f"mindsite-{os.getpid()}"
        self.group.mkdir()
        (self.group / "memory.limit_in_bytes").write_text(str(megabytes * 2**20))
        self.prefix = ("sh", "-c", f'echo $$ > {self.group}/cgroup.procs; exec "$@"', "sh")

    def most(self) -> int:
        """Megabytes."""
        return int((self.group / "memory.max_usage_in_bytes").read_text()) // 2**20

    def kills(self) -> int:
        return int((self.group / "memory.oom_control").read_text().split()[-1])


@pytest.fixture
def memory() -> Iterator[Memory]:
    try:
        made = Memory(512)
    except (OSError, StopIteration):
        pytest.skip("no group of processes can be given a limit here (cgroup v1, as root)")
    yield made
    wait_until(lambda: not (made.group / "cgroup.procs").read_text(), 60, "the end of all in it")
    made.group.rmdir()


@as_root
def test_half_a_gigabyte_is_enough_and_who_is_killed_is_named(folder: Path, memory: Memory) -> None:
    """For web server, worker, PostgreSQL and broker; a command beside them wants 150 MB of its own."""
    (folder / "var").mkdir()
    site, load = Site(folder / "var"), Load()
    site.import_sample()
    site.prefix = memory.prefix
    with served(site, PORT):
        site.prefix = ()
        site.manage("distill", "--run", "r", "--backend", "baseline", "--relations", "all", "--wait")
        site.manage("create_study", "s", "--run", "r", "--items", "400", "--overlap", "4")
        asyncio.run(crowd(load, 1, site.keys_of_annotators(4), 10, pause=0.1))
        assert complete(site, "r", UNITS)
        print(f"{memory.most()} MB at most, {load.judged} judgments")
        assert (load.judged > 10, dict(load.errors), memory.kills()) == (True, {}, 0)
        hungry = subprocess.Popen([*memory.prefix, sys.executable, "-c", EATS])
        wait_until(lambda: "The kernel has killed" in site.log.read_text(), 60, "a word about what the kernel did")
        hungry.kill()
        hungry.wait()
        wait_until(lambda: asked(PORT) == 200, 60, "all of it again")
    assert "512 MB of memory: one web process" in site.log.read_text()


class Disk:
    """A small one of the test's own."""

    def __init__(self, at: Path, megabytes: int) -> None:
        self.at = at
        at.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "none", at], check=True)

    def fill(self) -> None:
        with (self.at / "filler").open("wb") as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(2**20))
                file.flush()

    def free(self) -> None:
        (self.at / "filler").unlink()

    def writable(self, yes: bool) -> None:
        flags = MS_REMOUNT | (0 if yes else MS_RDONLY)
        assert ctypes.CDLL(None).mount(b"none", os.fsencode(self.at), b"tmpfs", flags, None) == 0


@pytest.fixture
def disk(folder: Path) -> Iterator[Disk]:
    made = Disk(folder / "var", 300)
    yield made
    subprocess.run(["umount", "--lazy", made.at], check=True)


def lines(site: Site, *words: str) -> list[str]:
    """What is said of a command that must fail."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env=site.env, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return done.stderr.splitlines()


@as_root
def test_a_folder_that_became_read_only_is_a_line_and_then_nothing_is_lost(disk: Disk) -> None:
    site = Site(disk.at)
    site.import_sample()
    disk.writable(False)
    for command in ("serve", "run_status", "worker"):
        (line,) = lines(site, command, *(["r"] if command == "run_status" else []))
        assert "Read-only file system" in line
    disk.writable(True)
    site.manage("distill", "--run", "r", "--backend", "baseline", "--relations", "usedFor", "--wait")
    assert complete(site, "r", 42)


@as_root
def test_a_full_disk_costs_only_time(disk: Disk, model: SlowModel) -> None:
    """Filled for 30 s while people judge and a run asks its model."""
    site, load = Site(disk.at), Load()
    site.import_sample()
    site.manage("distill", "--run", "first", "--backend", "baseline", "--relations", "all", "--wait")
    site.manage("create_study", "s", "--run", "first", "--items", "400", "--overlap", "4")
    keys = site.keys_of_annotators(4)
    with served(site, PORT):
        asks = ("--backend", "openai", "--model", "slow", "--base-url", model.url)
        site.manage("distill", "--run", "r", *asks, "--relations", "all")
        judging = threading.Thread(
            target=lambda: asyncio.run(crowd(load, 1, keys, 75, patient=True, pause=0.3)), daemon=True
        )
        judging.start()
        wait_until(lambda: load.judged > 5 and site.status("r")["verdicts"]["done"] > 40, 60, "a beginning")
        disk.fill()
        wait_until(lambda: load.errors[503] > 20, 30, "people who are turned away")
        alive = [asked(PORT, "/healthz") for _ in range(10) if not time.sleep(2)]
        disk.free()
        judged = load.judged
        wait_until(lambda: load.judged > judged, 60, "a judgment")
        wait_until(lambda: complete(site, "r", UNITS), 240, "the run's end")
        judging.join()
        known = site.manage("shell", "-c", SUBMISSIONS)
    print(f"{len(load.acknowledged)} acknowledged; other answers {dict(load.errors)}, longest {load.longest}")
    assert set(alive) == {200}
    assert set(load.errors) <= {503, "connection"}
    assert set(load.acknowledged) <= set(known.split())
    assert "is full (" in (told := site.log.read_text())
    assert "There is room on the disk" in told
