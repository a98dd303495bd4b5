"""A run of a model server, and what it did in steps of ten seconds."""

import time
from datetime import UTC, datetime, timedelta

from distillation.models import Run, RunTick

SERVED = {"backend": "openai", "model": "m", "base_urls": ["http://gpu:8000"]}


def ticks(made: Run, *counts: dict[str, int], ago_s: int = 0) -> None:
    """One tick after the other, the last one so long ago."""
    last = datetime.fromtimestamp((time.time() - ago_s) // 10 * 10, UTC)
    for n, tick in enumerate(reversed(counts)):
        RunTick.objects.create(run=made, at=last - timedelta(seconds=10 * n), **tick)
