"""A PostgreSQL and a broker for one measurement, thrown away at its end."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MADE = "MINDSITE_BENCH_MADE"  # a folder with services whose tables are made: copied, in place of all migrations
_MAKE = (
    "from pathlib import Path; from benchmarks.own_services import own_services\nwith own_services(Path({!r})): pass"
)


@contextmanager
def tables_made() -> Iterator[None]:
    """Once for all measurements that are started within."""
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        subprocess.run([sys.executable, "-c", _MAKE.format(folder)], check=True)
        os.environ[MADE] = folder
        try:
            yield
        finally:
            del os.environ[MADE]


@contextmanager
def own_services(kept: Path | None = None) -> Iterator[str]:
    """Django set up on empty embedded services; must come before anything of ours that imports settings.

    With `kept`, a folder, what was filled in stays there for the next time.
    """
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as own:
        folder = kept.resolve() if kept else own
        if not kept and (made := os.environ.get(MADE)):
            subprocess.run(["cp", "--archive", f"{made}/var", own], check=True)
        os.environ.update(MINDSITE_VAR=f"{folder}/var", DJANGO_SETTINGS_MODULE="mindsite.settings", LOG_LEVEL="ERROR")
        import django  # noqa: PLC0415
        from django.core.management import call_command  # noqa: PLC0415

        from mindsite import embedded  # noqa: PLC0415

        with embedded.services(say=lambda line: None):
            django.setup()
            call_command("migrate", verbosity=0)
            yield str(folder)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
