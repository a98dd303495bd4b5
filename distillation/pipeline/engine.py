"""Streams co-buys through the three steps with as many calls in flight as there are places. Pure: what to do next
comes from `claim`, what came of it goes to `write`; both are plain functions, called in a thread of their own."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from distillation.lvlm.base import Backend, Failure, Usage
from distillation.pipeline.options import Options
from distillation.pipeline.records import PairRecord, ProductRecord, VerdictValue
from distillation.pipeline.steps import Outcome, describe, intend, judge

WRITE_EVERY_S = 0.5
_RELEASED, _OPENER = 0, 1


@dataclass(frozen=True, slots=True)
class ProductWork:
    id: int
    record: ProductRecord  # `feature` is filled in where it is known
    feature_key: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One intention that a co-buy owes; `intention` is its text where only the verdict is missing."""

    relation: str
    sample: int
    intention: str = ""


@dataclass(frozen=True, slots=True)
class CoBuyWork:
    id: int
    a: ProductWork
    b: ProductWork
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class FeatureEnded:
    product: ProductWork
    outcome: Outcome[str]


@dataclass(frozen=True, slots=True)
class IntentionEnded:
    cobuy_id: int
    unit: Unit
    outcome: Outcome[str]


@dataclass(frozen=True, slots=True)
class VerdictEnded:
    cobuy_id: int
    unit: Unit
    outcome: Outcome[VerdictValue]


Ended = FeatureEnded | IntentionEnded | VerdictEnded


class Places:
    """Places for calls in flight. Calls of a co-buy that is under way go before a new co-buy's first call: their
    pictures and shared text are in the server's cache now. Once closed, who gets a place is told not to use it."""

    def __init__(self, n: int) -> None:
        self._free = n
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self.closed = False

    @asynccontextmanager
    async def take(self, priority: int) -> AsyncIterator[bool]:
        if self._free:
            self._free -= 1
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (priority, next(self._order), turn))
            await turn
        try:
            yield not self.closed
        finally:
            self._give()

    def _give(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.cancelled():
                turn.set_result(None)
                return
        self._free += 1


class Engine:
    def __init__(self, backend: Backend, options: Options, places: int, ended: Callable[[Ended], None]) -> None:
        self._backend, self._options, self._ended = backend, options, ended
        self._places = Places(places)
        # Features asked for lately and for which product, so that open co-buys ask once for what they have in common.
        self._features: dict[str, tuple[int, asyncio.Task[Outcome[str] | None]]] = {}
        self._features_kept = 8 * places

    def stop(self) -> None:
        """Begin no further call; those in flight end as usual."""
        self._places.closed = True

    async def cobuy(self, work: CoBuyWork) -> None:
        a, b = await asyncio.gather(self._feature(work.a), self._feature(work.b))
        if a is None or b is None or not work.units:
            return
        if failure := a.failure or b.failure:
            self._without_features(work, failure)
            return
        pair = PairRecord(replace(work.a.record, feature=a.value), replace(work.b.record, feature=b.value))
        # The first call goes alone: it brings pictures and shared text into the server's cache for all others.
        first, *others = work.units
        await self._unit(work.id, pair, first, _OPENER)
        await asyncio.gather(*(self._unit(work.id, pair, unit, _RELEASED) for unit in others))

    async def _feature(self, product: ProductWork) -> Outcome[str] | None:
        if product.record.feature:
            return Outcome(product.record.feature, None, "", Usage())
        if product.feature_key not in self._features:
            self._features[product.feature_key] = product.id, asyncio.create_task(self._describe(product))
            if len(self._features) > self._features_kept:
                del self._features[next(iter(self._features))]
        asked_for, answer = self._features[product.feature_key]
        outcome = await asyncio.shield(answer)
        if outcome and product.id != asked_for:  # another ASIN with the same title and picture
            self._ended(FeatureEnded(product, outcome))
        return outcome

    async def _describe(self, product: ProductWork) -> Outcome[str] | None:
        async with self._places.take(_OPENER) as go:
            if not go:
                return None
            outcome = await describe(self._backend, product.record, self._options)
        self._ended(FeatureEnded(product, outcome))
        return outcome

    def _without_features(self, work: CoBuyWork, why: Failure) -> None:
        failure = Failure("no_features", f"a product of the pair has no features: {why.reason}: {why.detail}"[:1000])
        for unit in work.units:
            self._ended(IntentionEnded(work.id, unit, Outcome(None, failure, "", Usage())))

    async def _unit(self, cobuy_id: int, pair: PairRecord, unit: Unit, priority: int) -> None:
        if not unit.intention:
            async with self._places.take(priority) as go:
                if not go:
                    return
                intention = await intend(self._backend, pair, unit.relation, self._options, sample=unit.sample)
            self._ended(IntentionEnded(cobuy_id, unit, intention))
            if intention.failure:
                return
            unit = replace(unit, intention=intention.value)
        async with self._places.take(_RELEASED) as go:
            if not go:
                return
            verdict = await judge(self._backend, pair, unit.relation, unit.intention, self._options)
        self._ended(VerdictEnded(cobuy_id, unit, verdict))


class _Writer:
    """Hands what has ended to `write` twice a second, in the ledger's thread; stops the engine when told to."""

    def __init__(self, write: Callable[[Sequence[Ended]], bool], ledger: ThreadPoolExecutor) -> None:
        self._write, self._ledger = write, ledger
        self._ended: list[Ended] = []
        self._closing = asyncio.Event()
        self.stopped = False
        self.add = self._ended.append

    async def run(self, engine: Engine) -> None:
        while not self._closing.is_set():
            await self.flush()
            if self.stopped:
                engine.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), WRITE_EVERY_S)

    async def flush(self) -> None:
        batch = self._ended[:]
        self._ended.clear()
        go_on = await asyncio.get_running_loop().run_in_executor(self._ledger, self._write, batch)
        self.stopped = self.stopped or not go_on  # for good: the engine's places are closed for good

    def close(self) -> None:
        self._closing.set()


async def drain(
    *,
    backend: Backend,
    options: Options,
    places: int,
    claim: Callable[[int], Sequence[CoBuyWork]],
    write: Callable[[Sequence[Ended]], bool],
) -> None:
    """Work until `claim` has no more, or `write` says to stop (False); calls in flight are then finished and written.

    Raises BackendAway when the model server is lost; what had ended before is written.
    """
    with ThreadPoolExecutor(1, "ledger") as ledger:  # one thread: one database connection, writes in order
        writer = _Writer(write, ledger)
        engine = Engine(backend, options, places, writer.add)
        writing = asyncio.create_task(writer.run(engine))
        open_cobuys: set[asyncio.Task[None]] = set()
        try:
            await _work(engine, writer, writing, open_cobuys, places=places, claim=partial(_in_thread, ledger, claim))
        finally:
            engine.stop()  # a failed co-buy's other calls are nobody's any more
            for task in open_cobuys:
                task.cancel()
            writer.close()
            await writing
            await writer.flush()


async def _in_thread(ledger: ThreadPoolExecutor, function: Callable, *args):
    return await asyncio.get_running_loop().run_in_executor(ledger, function, *args)


async def _work(
    engine: Engine, writer: _Writer, writing: asyncio.Task, open_cobuys: set, *, places: int, claim: Callable
) -> None:
    """Keep as many co-buys open as there are places, until no more can be claimed and all have ended."""
    while True:
        room = places - len(open_cobuys)
        works = await claim(room) if room > places // 4 and not writer.stopped else []
        open_cobuys |= {asyncio.create_task(engine.cobuy(work)) for work in works}
        if not open_cobuys:
            return
        done, _ = await asyncio.wait({*open_cobuys, writing}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            open_cobuys.discard(task)
            task.result()  # a lost server or database ends it all
