"""Asks a model many questions at once: those of a co-buy close together, so that what they share is computed once."""

import asyncio
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass

import uvloop

from distillation.lvlm.base import Ask, Backend, Reply, Request, Text
from distillation.lvlm.places import Closed, Places
from distillation.pipeline.brake import Brake
from research.questions.prompts import MODES, prompt
from research.questions.records import Question

WRITE_EVERY_S = 0.5
KIND = "answers"


@dataclass(frozen=True, slots=True)
class Manner:
    """How all questions of an evaluation are put."""

    mode: str
    temperature: float
    max_tokens: int
    options_only: bool = False
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    id: int
    sample: int
    order: str
    question: Question  # as it is shown


@dataclass(frozen=True, slots=True)
class Answered:
    asked: Asked
    reply: Reply


def request_of(asked: Asked, manner: Manner) -> Request:
    """One user message, no system text: as the official run asks."""
    question = asked.question
    return Request(
        subject=Ask(question.stem, tuple(question.options.items())),
        system="",
        parts=(Text(prompt(question, manner.mode, options_only=manner.options_only)),),
        max_tokens=manner.max_tokens,
        temperature=manner.temperature,
        seed=None if manner.seed is None else manner.seed * MODES["cot-sc"].samples + asked.sample,
    )


class Asker:
    """The calls have a thread of their own; what they bring comes out of `batches` in the caller's thread."""

    def __init__(self, backend: Backend, places: Places, manner: Manner, todo: Sequence[Asked]) -> None:
        self._backend, self._places, self._manner, self._todo = backend, places, manner, todo
        self._ended: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self._stop = threading.Event()

    def batches(self) -> Iterator[list[Answered]]:
        """About two a second. Raises BackendAway, Unfit or FailingAlike after what ended before is out."""
        with ThreadPoolExecutor(1, "asker") as thread:
            asking = thread.submit(uvloop.run, self._ask_all())
            try:
                while not asking.done():
                    wait([asking], WRITE_EVERY_S)  # in one sleep: each waking takes the calls' thread its turn
                    if batch := self._batch():
                        yield batch
                if batch := self._batch():
                    yield batch
                asking.result()
            finally:
                self._stop.set()

    def _batch(self) -> list[Answered]:
        batch = []
        with suppress(queue.Empty):
            while True:
                batch.append(self._ended.get_nowait())
        return batch

    async def _ask_all(self) -> None:
        places = self._places
        brake: Brake[Answered] = Brake({KIND: len(self._todo)}, places, self._ended.put)
        todo = iter(self._todo)
        async with self._backend as backend:
            await backend.check()
            try:
                async with asyncio.TaskGroup() as tasks:
                    # More than there are places: who waits for another try holds none.
                    for _ in range(min(2 * places.n, len(self._todo))):
                        tasks.create_task(self._ask(backend, todo, brake))
            except* Closed:
                pass
            except* Exception as group:
                raise group.exceptions[0] from None
            finally:
                brake.end()
        if brake.stopped:
            raise brake.stopped

    async def _ask(self, backend: Backend, todo: Iterator[Asked], brake: Brake[Answered]) -> None:
        while not self._stop.is_set():
            async with self._places.take():
                asked = next(todo, None)  # only now, or it would wait while later ones go first
                if asked is None:
                    return
                reply = await backend.reply(request_of(asked, self._manner))
            failure = reply.error if reply.error and reply.error.reason != "empty" else None
            brake.add(KIND, Answered(asked, reply), failure)
