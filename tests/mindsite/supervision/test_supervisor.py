"""What is supervised comes back, alone; what a killed supervisor leaves is ended."""

import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mindsite.supervision import silence
from mindsite.supervision.children import Child
from mindsite.supervision.instances import Instance, Record, RunsAlready
from mindsite.supervision.output import ToTerminal
from mindsite.supervision.processes import Group, boot, groups_end
from mindsite.supervision.room import Room, megabytes_of_memory
from mindsite.supervision.supervisor import Supervisor

SLEEP = ["sh", "-c", "sleep 60 & echo up; wait"]  # leads a group of two


class Said:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def line(self, name: str, text: str) -> None:
        self.lines.append((name, text))

    def count(self, *line: str) -> int:
        return self.lines.count(line)


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path / "run", "site")


@contextmanager
def supervising(instance: Instance, said: Said, *children: Child) -> Iterator[Supervisor]:
    with instance.alone():
        made = Supervisor(instance, children, said)
        thread = threading.Thread(target=made.run)
        thread.start()
        try:
            yield made
        finally:
            made.end()
            thread.join(20)


def child(name: str, *command: str) -> Child:
    return Child(name, command or SLEEP, Path.cwd())


def test_a_crash_of_one_is_said_and_is_not_the_end_of_the_other(instance: Instance) -> None:
    said, one, other = Said(), child("one"), child("other")
    with supervising(instance, said, one, other):
        until(lambda: said.count("one", "up") == said.count("other", "up") == 1)
        first, staying = one.group, other.group
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: said.count("one", "up") == 2)
        assert not first.exists()  # what it had started neither
        assert (other.group, staying.exists()) == (staying, True)
        assert Record.read(instance.record).groups == [one.group, staying]
        last = one.group
    told = [text for name, text in said.lines if name == "mindsite"]
    assert [(text[:25], text[-26:]) for text in told] == [("one was killed (SIGKILL) ", "starting it again in 0.5 s")]
    assert not last.exists()
    assert not staying.exists()
    assert Record.read(instance.record).groups == []


def test_one_that_ends_at_once_is_started_less_and_less_often(tmp_path: Path) -> None:
    ending = child("e", "sh", "-c", "exit 3")
    told = []
    for _ in range(8):
        ending.start()
        ending.process.wait()
        told.append(ending.ended())
    assert told[0].startswith("ended by itself (status 3) after ")
    waits = [text.rpartition(" in ")[2] for text in told]
    assert waits == ["0.5 s", "1 s", "2 s", "4 s", "8 s", "8 s", "8 s", "8 s"]


def test_a_second_one_is_told_of_the_first(instance: Instance) -> None:
    with instance.alone(), pytest.raises(RunsAlready, match=r"runs here already .*manage.py stop"), instance.alone():
        pass
    with instance.alone() as left:
        assert left is False


def test_the_next_one_ends_what_a_killed_one_left(instance: Instance) -> None:
    with instance.alone():
        left = subprocess.Popen(SLEEP, start_new_session=True, stdout=subprocess.PIPE)
        left.stdout.readline()
        Record(pid=1, port=8123, groups=[Group.of(left.pid)]).write(instance.record)
    with instance.alone() as ended:
        assert ended is True
    assert left.wait() == -signal.SIGTERM
    assert Record.read(instance.record).port == 8123  # for the next one


def test_a_number_that_somebody_else_has_by_now_is_left_alone(instance: Instance) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as somebody:
        group = Group.of(somebody.pid)
        groups_end([Group(group.pid, group.began - 1)])
        record = Record(groups=[group])
        record.boot = "another time that the machine ran"
        assert record.end() is False
        assert somebody.poll() is None
        record.boot = boot()
        assert record.end() is True


KILLED = """
import os, sys
from pathlib import Path
from mindsite.supervision import silence
from mindsite.supervision.children import Child
from mindsite.supervision.instances import Instance
from mindsite.supervision.output import ToTerminal
from mindsite.supervision.supervisor import Supervisor
instance = Instance(Path(os.environ["MINDSITE_VAR"]) / "run", "site")
with instance.alone():
    Supervisor(instance, [Child("one", ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], Path.cwd()),
        Child("two", ["sh", "-c", "sleep 60 & echo up; wait"], Path.cwd())], ToTerminal(sys.stdout)).run()
"""


def test_kill_9_of_the_supervisor_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = os.environ | {"MINDSITE_VAR": str(tmp_path)}
    supervisor = subprocess.Popen([sys.executable, "-c", KILLED], env=environment, stdout=subprocess.PIPE, text=True)
    assert {supervisor.stdout.readline().split()[1] for _ in range(2)} == {"one", "two"}
    groups = Record.read(Instance(tmp_path / "run", "site").record).groups
    supervisor.kill()
    supervisor.wait()
    groups_end(groups[:1], grace_s=1)  # it heeds no request: the guard would give it a quarter of a minute
    until(lambda: not any(group.exists() for group in groups))
    with Instance(tmp_path / "run", "site").alone() as left:
        assert left is False


def test_one_that_is_silent_for_long_is_ended_unless_it_is_excused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "LONGEST_SILENCE_S", -1.0)
    still, sign, excuse, said = child("still"), tmp_path / "sign", [True], []
    still.start()
    watch = silence.Silence(still, sign, lambda: excuse[0])
    for _ in range(2):  # the first look sees the sign's state for the first time
        watch.look(said.append)
    assert still.process.poll() is None
    excuse[0] = False
    sign.touch()
    watch.look(said.append)
    assert still.process.poll() is None  # it has just shown itself
    watch.look(said.append)
    assert still.process.wait() == -signal.SIGKILL
    assert said == ["still has not shown itself for -1 s; ending it"]


def test_a_full_disk_is_said_once_and_so_is_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, room = [], Room(tmp_path)
    for free in (10**9, 10**6, 0, 10**9, 10**9):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: shutil._ntuple_diskusage(2 * 10**9, 0, free))
        room.look(told.append)
    assert [line.partition(" (")[2] for line in told] == [
        "1 MB free): make room, and all goes on by itself", "1000 MB free)"
    ]  # fmt: skip


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_record_and_a_log_that_cannot_be_written_end_nobody(instance: Instance) -> None:
    instance.record.mkdir(parents=True)
    ToTerminal(Full()).line("web", "said in vain")
    said = Said()
    with supervising(instance, said, child("one")):
        until(lambda: said.count("one", "up"))
    assert f"{instance.record} can't be written: Is a directory" in dict(said.lines)["mindsite"]


def test_memory_is_the_machines_or_less(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "/proc/meminfo": "MemTotal:       24000000 kB\nMemFree: 1 kB",
        "/proc/self/cgroup": "4:memory:/a\n0::/b",
        "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "536870912",
        "/sys/fs/cgroup/b/memory.max": "max",
    }
    monkeypatch.setattr(Path, "read_text", lambda path: files[str(path)])
    assert megabytes_of_memory() == 512
    files["/sys/fs/cgroup/memory/a/memory.limit_in_bytes"] = "9223372036854771712"  # none
    assert megabytes_of_memory() == 24_000_000 // 1024
