"""Files of requests out, answers in. Each step is on record before the next, so that it can be gone on with by whoever
comes after a worker that was killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from distillation.lvlm.base import Unfit, WrongModel
from distillation.lvlm.batch.calls import Came
from distillation.lvlm.batch.lines import read_line
from distillation.lvlm.batch.sender import Look, Sending, Stage
from distillation.models import Batch, Run
from distillation.runs.batches.rows import (
    batch_called_off,
    batch_drop,
    batch_seen,
    batch_sending,
    batch_sent,
    batch_taken,
    batch_turned_away,
    batch_uploaded,
    calls_answer,
)
from distillation.runs.threads import in_thread

if TYPE_CHECKING:  # it loads an HTTP client
    from distillation.lvlm.batch.backend import BatchBackend

T = TypeVar("T")
AT_ONCE = 500  # answers in a transaction
ANSWERS_A_CALL = 4  # lines that a server may send for each request: one may come twice, and as an error besides


async def send_all(run: Run, backend: BatchBackend, ends: Callable[[], bool]) -> None:
    for batch in await _rows(lambda: list(Batch.objects.filter(run=run).to_send())):
        if ends():
            return
        await _send(run, batch, backend)


async def _send(run: Run, batch: Batch, backend: BatchBackend) -> None:
    path = backend.files.path(batch.key)
    if not path.exists():  # written on another machine, or thrown away: it is written anew
        await _rows(partial(batch_drop, batch=batch, words="its file of requests is not there"))
        return
    tried = batch.state == Batch.State.SENDING
    if not tried:
        await _rows(partial(batch_sending, batch=batch))
    if not batch.file_id:
        sending = Sending(batch.key, run.name, path, tried)
        await _rows(partial(batch_uploaded, batch=batch, file_id=await backend.sender.upload(sending)))
    batch_id = await backend.sender.send(Sending(batch.key, run.name, path, tried, batch.file_id))
    await _rows(partial(batch_sent, batch=batch, batch_id=batch_id))


async def take_all(run: Run, backend: BatchBackend, ends: Callable[[], bool]) -> None:
    for batch in await _rows(lambda: list(Batch.objects.filter(run=run).to_take())):
        if ends():
            return
        look = await backend.sender.look(batch.batch_id)
        match look.stage:
            case Stage.RUNNING:
                await _rows(partial(batch_seen, batch=batch, answered=look.answered, words=look.words))
            case Stage.CROWDED:
                await _rows(partial(batch_turned_away, batch=batch, words=look.words))
                await backend.tidy(batch.file_id)  # it goes up once more
            case Stage.REFUSED:
                await _rows(partial(batch_drop, batch=batch, words=look.words))
                await backend.tidy(batch.file_id)
                raise Unfit(look.words)
            case _:
                await _take(run, batch, look, backend)


async def _take(run: Run, batch: Batch, look: Look, backend: BatchBackend) -> None:
    try:
        await _take_lines(run, batch, look, backend)
    except WrongModel as error:
        await _rows(partial(batch_drop, batch=batch, words=str(error)))
        raise
    await _rows(partial(batch_taken, batch=batch, words=look.words or look.stage.value))
    backend.files.drop(batch.key)
    await backend.tidy(batch.file_id, *look.outputs)


async def _take_lines(run: Run, batch: Batch, look: Look, backend: BatchBackend) -> None:
    came: dict[str, Came] = {}
    async for line in backend.sender.lines(look.outputs, ANSWERS_A_CALL * batch.n_calls):
        if not (told := read_line(line)):
            continue
        if told[1].reply:
            await backend.expect_model(told[1].reply.model)
        came.setdefault(*told)
        if len(came) == AT_ONCE:
            await _rows(partial(calls_answer, run=run, came=came))
            came = {}
    await _rows(partial(calls_answer, run=run, came=came))


async def call_off(run: Run, backend: BatchBackend) -> None:
    """What is answered by then can still be had, when the run is resumed."""
    for batch in await _rows(lambda: list(Batch.objects.filter(run=run, state=Batch.State.SENT))):
        await backend.sender.cancel(batch.batch_id)
        await _rows(partial(batch_called_off, batch=batch))


async def _rows(function: Callable[[], T]) -> T:
    return await asyncio.to_thread(in_thread(function))
