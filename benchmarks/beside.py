"""This code and, in turns, an earlier checkout of it: how long each takes for the same, and what each has written.

An earlier checkout finds its packages where this Python does (PYTHONPATH for what is needed no more).
"""

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bars import at_least, holds, show

ROOT = Path(__file__).resolve().parents[1]
# What a program of one side begins with, and how it ends: the seconds of `command`, and the rows of a query.
BEGUN = """
import sys, time
from pathlib import Path
import django
django.setup()
from mindsite import embedded
from django.core.management import call_command
from django.db import connection
"""
TIMED = """
    begun = time.perf_counter()
    call_command(*command)
    seconds = time.perf_counter() - begun
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        with Path(rows).open("wb") as file:
            for data in copy:
                file.write(data)
    Path(told).write_text(str(seconds))
"""


@dataclass
class Side:
    """One checkout, and a folder for its services."""

    name: str
    checkout: Path
    folder: Path
    seconds: list[float] = field(default_factory=list)

    def run(self, var: Path, program: str, *words: str) -> None:
        environment = {
            **os.environ, "MINDSITE_VAR": str(var), "DJANGO_SETTINGS_MODULE": "mindsite.settings", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        command = [sys.executable, "-c", program, *words]
        subprocess.run(command, cwd=self.checkout, env=environment, check=True, stdout=subprocess.DEVNULL)

    def timed(self, program: str, *words: str, made: Path | None = None) -> str:
        """The digest of what was written to the first of the program's words; `made`, services to begin with, stay."""
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            var, rows, told = (Path(place) / name for name in ("var", "rows", "seconds"))
            if made:
                subprocess.run(["cp", "--archive", str(made), str(var)], check=True)
            self.run(var, program, str(rows), str(told), *words)
            self.seconds.append(float(told.read_text()))
            with rows.open("rb") as written:
                return hashlib.file_digest(written, "sha256").hexdigest()


def asked(about: str | None, what: str, n: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f"--{what}", type=int, default=n)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    return parser.parse_args()


def sides(folder: Path, before: Path | None) -> list[Side]:
    """The earlier one first: what it makes for both, both can read."""
    found = [Side("before", before.resolve(), folder / "before")] if before else []
    found.append(Side("now", ROOT, folder / "now"))
    for side in found:
        side.folder.mkdir()
    return found


def in_turns(found: list[Side], once: Callable[[Side], str], *, what: str, n: int, rounds: int, bar: float) -> int:
    """Of one side alone a rate and no bar."""
    written = set()
    for side in found * rounds:
        written.add(once(side))
        took, load = side.seconds[-1], os.getloadavg()[0]
        print(f"  {side.name}: {took:.1f} s, {1e6 * took / n:.0f} µs a row (load average {load:.1f})", flush=True)
    if len(found) == 1:
        return 0
    before, now = (statistics.median(side.seconds) for side in found)
    same = show(holds(f"{what}: the same rows as before", len(written) == 1))
    return int(not (show(at_least(f"{what}, times as fast as before", before / now, bar)) and same))
