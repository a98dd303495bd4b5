"""From the first release's schema to this one's, with judgments in it, while people judge.

  python -m benchmarks.operation.upgrade [--judgments 10000] [--commit 38117f2]

The old code serves people while this code's `migrate` runs; then the web server of this one takes its place. It runs in
this environment, with an empty package in the place of the one that is no longer needed.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg

from benchmarks.bars import at_most, show
from benchmarks.judging.load import PORT, Load, crowd, wait_for_web

BASE = Path(__file__).resolve().parents[2]
NO_LONGER = "drf_spectacular_sidecar"
FILL = """
import django; django.setup()
from benchmarks.fill import annotators, judgments_filled, run_filled, study_filled
from benchmarks.judging import sessions
n = {judgments}
study = study_filled(run_filled(n), n, overlap=3)
judgments_filled(study, share=1 / 3)
print(study.pk, *sessions(study, annotators(4, prefix="people")))
"""


class Place:
    def __init__(self, folder: Path, commit: str) -> None:
        self.folder, self.old = folder, folder / "code"
        (folder / "stub" / NO_LONGER).mkdir(parents=True)
        (folder / "stub" / NO_LONGER / "__init__.py").touch()
        self.old.mkdir()
        archive = subprocess.run(["git", "archive", commit], cwd=BASE, capture_output=True, check=True).stdout
        subprocess.run(["tar", "x", "-C", self.old], input=archive, check=True)
        (folder / "var").mkdir()
        told = {
            "MINDSITE_VAR": str(folder / "var"),
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "mindsite.settings",
        }
        self.environment = os.environ | told
        self.log = (folder / "log").open("ab")

    def run(self, code: Path, *words: str) -> str:
        return subprocess.run(
            [sys.executable, *words], cwd=code, env=self._of(code), stdout=subprocess.PIPE, stderr=self.log, text=True,
            check=True,
        ).stdout  # fmt: skip

    def begin(self, code: Path, *words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, *words], cwd=code, env=self._of(code), stdout=self.log, stderr=self.log,
            start_new_session=True,
        )  # fmt: skip

    def _of(self, code: Path) -> dict[str, str]:
        return self.environment | ({"PYTHONPATH": str(self.folder / "stub")} if code == self.old else {})

    def submissions(self) -> set[str]:
        where = {"host": str(self.folder / "var" / "run" / "sockets"), "user": "mindsite", "dbname": "mindsite"}
        with psycopg.connect(**where) as database:
            return {each for (each,) in database.execute("SELECT submission::text FROM annotation_judgment")}


def end(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)


def upgraded(options: argparse.Namespace, place: Place) -> None:
    place.run(place.old, "manage.py", "migrate")
    place.run(place.old, "manage.py", "collectstatic", "--no-input")
    filled = place.run(place.old, "-m", "mindsite.embedded", sys.executable, "-c", FILL.format(**vars(options)))
    study, *keys = filled.split()
    holder = place.begin(BASE, "-m", "mindsite.embedded", "sleep", "3600")
    old_web = ["-m", "granian", "--interface", "wsgi", "--port", str(PORT), "--workers", "2", "--blocking-threads", "2"]
    server = place.begin(place.old, *old_web, "--log-level", "error", "mindsite.wsgi:application")
    loads = {name: Load() for name in ("before", "while migrating", "after")}
    try:
        wait_for_web()
        before = place.submissions()
        asyncio.run(crowd(loads["before"], int(study), keys, 5, pause=0.2))
        took = migrated(place, loads["while migrating"], int(study), keys)
        end(server)
        place.run(BASE, "manage.py", "collectstatic", "--no-input")
        server = place.begin(BASE, "manage.py", "web", "--port", str(PORT))
        wait_for_web()
        asyncio.run(crowd(loads["after"], int(study), keys, 5, patient=True, pause=0.2))
        tell(place, loads, before, took)
    finally:
        end(server)
        end(holder)


def migrated(place: Place, load: Load, study: int, keys: list[str]) -> float:
    over = threading.Event()

    def judge() -> None:
        while not over.is_set():
            asyncio.run(crowd(load, study, keys, 1, pause=0.2))

    judging = threading.Thread(target=judge)
    judging.start()
    began = time.monotonic()
    try:
        place.run(BASE, "manage.py", "migrate")
        return time.monotonic() - began
    finally:
        over.set()
        judging.join()


def tell(place: Place, loads: dict[str, Load], before: set[str], took: float) -> None:
    print(f"  {len(before):,} judgments there; migrate took {took:.0f} s")
    for name, load in loads.items():
        times = [seconds for each in load.times.values() for seconds in each]
        longest = max([*times, *load.longest.values()], default=0.0)
        said = f"{load.judged} judged; answers other than 200: {dict(load.errors)}"
        show(at_most(f"{name}: the longest answer", longest, 2, "s"), said)
    there = place.submissions()
    acknowledged = {each for load in loads.values() for each in load.acknowledged}
    show(at_most("judgments lost", len((before | acknowledged) - there), 0), f"{len(there):,} at the end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgments", type=int, default=10_000)
    parser.add_argument("--commit", default="38117f2")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mindsite-upgrade-") as folder:
        upgraded(options, Place(Path(folder), options.commit))


if __name__ == "__main__":
    main()
