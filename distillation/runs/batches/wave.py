"""A wave: all that a run owes is gone through once, with the answers that have come. What can end, ends and is written
as with any backend; what is to be asked next goes into files."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from distillation.lvlm.base import Unfit
from distillation.models import Batch, Run
from distillation.pipeline.brake import FailingAlike
from distillation.pipeline.engine import CoBuyWork, Ended, drain
from distillation.pipeline.options import Options
from distillation.runs import ledger
from distillation.runs.batches.rows import (
    Owners,
    batch_record,
    calls_forget,
    calls_of,
    calls_refused_forget,
    wave_close,
)
from distillation.runs.servers import run_places
from distillation.runs.threads import in_thread

if TYPE_CHECKING:  # it loads an HTTP client
    from distillation.lvlm.batch.backend import BatchBackend

HOLDER = uuid.uuid5(uuid.NAMESPACE_DNS, "batches")  # one worker at a time, whichever


class Wave:
    """`ends` says whether this worker is to end. A wave that was cut short is gone through again, and asks nothing
    twice: what is in its files already is on record."""

    def __init__(self, run: Run, backend: BatchBackend, options: Options, ends: Callable[[], bool]) -> None:
        self._run, self._backend, self._options, self._ends = run, backend, options, ends
        self._owners = Owners({}, {})
        self._whole, self._salvages = True, False

    async def make(self) -> int:
        """How many files are to be sent. Raises Unfit and FailingAlike."""
        try:
            await asyncio.to_thread(in_thread(self._begin))
            await self._go_through()
        except FailingAlike as stopped:
            await asyncio.to_thread(in_thread(calls_forget), run=self._run, ended=stopped.held)
            await self._salvage()
            raise
        except Unfit:
            await asyncio.to_thread(in_thread(calls_refused_forget), run=self._run)
            raise
        finally:
            await asyncio.to_thread(in_thread(ledger.release), self._run, HOLDER)
        return await asyncio.to_thread(in_thread(self._end))

    async def _go_through(self) -> None:
        self._backend.begin(asks=not self._salvages)
        await drain(
            backend=self._backend,
            options=self._options,
            places=run_places(self._run),
            claim=in_thread(self._claim),
            write=in_thread(self._write),
            units=self._run.units_per_cobuy,
            planned=await asyncio.to_thread(in_thread(ledger.planned_calls), self._run),
            brakes=not self._salvages,
        )

    async def _salvage(self) -> None:
        """The run stops, and what has come is paid for: what is good of it is written. What is not is forgotten, or the
        run would stop at it again."""
        self._salvages = True
        await asyncio.to_thread(in_thread(ledger.release), self._run, HOLDER)
        await self._go_through()

    def _begin(self) -> None:
        ledger.release(self._run, HOLDER)  # what a worker had in hand when it was killed
        self._backend.files.drop_others(set(Batch.objects.filter(run=self._run).values_list("key", flat=True)))

    def _claim(self, n: int) -> Sequence[CoBuyWork]:
        works = ledger.claim(self._run, self._options, HOLDER, n)
        self._owners.add(works)
        self._backend.calls.update(calls_of(self._run, works))
        return works

    def _write(self, ended: Sequence[Ended]) -> int:
        with transaction.atomic():
            good = [e for e in ended if not (self._salvages and e.outcome.failure)]
            go_on = ledger.record(self._run, HOLDER, good)
            calls_forget(run=self._run, ended=ended)
        self._record_files()
        self._whole = go_on and not self._ends()
        return int(self._whole)

    def _record_files(self) -> None:
        for file in self._backend.files.take_full():
            batch_record(run=self._run, file=file, owners=self._owners)

    def _end(self) -> int:
        self._backend.files.close()
        self._record_files()
        return wave_close(run=self._run) if self._whole else 0
