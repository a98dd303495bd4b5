"""What is due of a run that is answered in batches: take what has come, write the next wave, send it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from distillation.models import Batch, Run
from distillation.pipeline.options import Options
from distillation.runs.batches.post import call_off, send_all, take_all
from distillation.runs.batches.wave import Wave
from distillation.runs.servers import run_backend, run_remember
from distillation.runs.services import run_wait
from distillation.runs.threads import in_thread

if TYPE_CHECKING:  # it loads an HTTP client
    from distillation.lvlm.batch.backend import BatchBackend

HOLD = "batches"  # in the place of a worker's name: only one of all workers is on such a run at a time


async def batches_advance(run: Run, ends: Callable[[], bool]) -> None:
    """Raises BackendAway, Unfit, FailingAlike. The next wave is written when all of the last has come: so each step is
    a wave, and all that a run owes is gone through a few times, not once for each file."""
    options = Options.from_config(run.config)
    async with _opened(run, options) as backend:
        try:
            await backend.check()
            await take_all(run, backend, ends)
            if not await asyncio.to_thread(in_thread(_is_waiting), run):
                await Wave(run, backend, options, ends).make()
            await send_all(run, backend, ends)
        finally:
            await asyncio.to_thread(in_thread(run_remember), run=run, servers=backend.known)
    await asyncio.to_thread(in_thread(_say), run)


async def batches_call_off(run: Run) -> None:
    async with _opened(run, Options.from_config(run.config)) as backend:
        await call_off(run, backend)


def _opened(run: Run, options: Options) -> BatchBackend:
    return cast("BatchBackend", run_backend(run, options=options))


def _is_waiting(run: Run) -> bool:
    return Batch.objects.filter(run=run).out().exists()


def _say(run: Run) -> None:
    out = list(Batch.objects.filter(run=run).out())
    if not out:
        run_wait(run=run, why="")
        return
    answered, calls = sum(each.n_answered for each in out), sum(each.n_calls for each in out)
    files = f"{len(out):,} file{'s' if len(out) > 1 else ''}"
    words = next((f"; {each.message}" for each in out if each.message), "")
    run_wait(run=run, why=f"Waiting for batches: {answered:,} of {calls:,} calls answered, in {files}{words}.")
