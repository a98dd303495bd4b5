"""A PostgreSQL and a broker for one measurement, thrown away at its end."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_services(kept: Path | None = None) -> Iterator[str]:
    """Django set up on empty embedded services; must come before anything of ours that imports settings.

    With `kept`, a folder, what was filled in stays there for the next time.
    """
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as own:
        folder = kept.resolve() if kept else own
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
