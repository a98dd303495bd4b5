"""A PostgreSQL and broker of a measurement's own, thrown away at its end."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_place() -> Iterator[str]:
    """Django set up on empty embedded services; must come before anything of ours that imports settings."""
    with tempfile.TemporaryDirectory(prefix="mindsite-bench-") as folder:
        os.environ.update(MINDSITE_VAR=f"{folder}/var", DJANGO_SETTINGS_MODULE="mindsite.settings", LOG_LEVEL="ERROR")
        import django  # noqa: PLC0415
        from django.core.management import call_command  # noqa: PLC0415

        from mindsite import embedded  # noqa: PLC0415

        with embedded.services(say=lambda line: None):
            django.setup()
            call_command("migrate", verbosity=0)
            yield folder


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
