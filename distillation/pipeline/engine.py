"""Streams co-buys through the three steps with as many calls in flight as there are places. Pure: what to do next
comes from `claim`, what came of it goes to `write`; both are plain functions, called in a thread of their own."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar, TypeVarTuple

from distillation.lvlm.base import Backend, Failure, Usage
from distillation.lvlm.places import OPENER, RELEASED, Closed, Places
from distillation.pipeline.brake import NO_FEATURES, Brake
from distillation.pipeline.options import Options
from distillation.pipeline.records import PairRecord, ProductRecord, VerdictValue
from distillation.pipeline.steps import Outcome, describe, intend, judge

T = TypeVar("T")
Given = TypeVarTuple("Given")

WRITE_EVERY_S = 0.5
SLOW_WRITE_S = 3.0  # the database is away, or as good as that
LOOK_EVERY_S = 0.1
KINDS = ("features", "intentions", "verdicts")


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


class Engine:
    def __init__(self, backend: Backend, options: Options, places: Places, ended: Callable[[Ended], None]) -> None:
        self._backend, self._options, self._places, self._ended = backend, options, places, ended
        # Features asked for lately and for which product, so that open co-buys ask once for what they have in common.
        self._features: dict[str, tuple[int, asyncio.Task[Outcome[str] | None]]] = {}
        self._features_kept = 8 * places.n

    async def cobuy(self, work: CoBuyWork) -> None:
        a, b = await asyncio.gather(self._feature(work.a), self._feature(work.b))
        if a is None or b is None or not work.units:
            return
        if failure := a.failure or b.failure:
            self._without_features(work, failure)
            return
        pair = PairRecord(replace(work.a.record, feature=a.said), replace(work.b.record, feature=b.said))
        # The first call goes alone: it brings pictures and shared text into the server's cache for all others.
        first, *others = work.units
        await self._unit(work.id, pair, first, OPENER)
        await asyncio.gather(*(self._unit(work.id, pair, unit, RELEASED) for unit in others))

    async def _feature(self, product: ProductWork) -> Outcome[str] | None:
        if not self._options.with_features:
            return Outcome("", None, "", Usage())
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
        try:
            async with self._places.take(OPENER):
                outcome = await describe(self._backend, product.record, self._options)
        except Closed:
            return None
        self._ended(FeatureEnded(product, outcome))
        return outcome

    def drop(self) -> None:
        """Nobody waits any more for features that are being asked for."""
        for _, answer in self._features.values():
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # so that it counts as heard

    def _without_features(self, work: CoBuyWork, why: Failure) -> None:
        failure = Failure(NO_FEATURES, f"a product of the pair has no features: {why.reason}: {why.detail}"[:1000])
        for unit in work.units:
            self._ended(IntentionEnded(work.id, unit, Outcome(None, failure, "", Usage())))

    async def _unit(self, cobuy_id: int, pair: PairRecord, unit: Unit, priority: int) -> None:
        with suppress(Closed):
            if not unit.intention:
                async with self._places.take(priority):
                    intention = await intend(self._backend, pair, unit.relation, self._options, sample=unit.sample)
                self._ended(IntentionEnded(cobuy_id, unit, intention))
                if intention.failure:
                    return
                unit = replace(unit, intention=intention.said)
            if not self._options.with_filter:
                return
            async with self._places.take():
                verdict = await judge(
                    self._backend, pair, unit.relation, unit.intention, self._options, sample=unit.sample
                )
            self._ended(VerdictEnded(cobuy_id, unit, verdict))


def kind_of(ended: Ended) -> str:
    """Which calls it stands for: what fails for want of features failed with these."""
    failure = ended.outcome.failure
    if isinstance(ended, FeatureEnded) or (failure and failure.reason == NO_FEATURES):
        return "features"
    return "verdicts" if isinstance(ended, VerdictEnded) else "intentions"


class _Writer:
    """Hands what has ended to `write` twice a second, in the ledger's thread; keeps to what it says."""

    def __init__(self, write: Callable[[Sequence[Ended]], int], places: Places, ledger: ThreadPoolExecutor) -> None:
        self._write, self._places, self._ledger = write, places, ledger
        self._ended: list[Ended] = []
        self._closing = asyncio.Event()
        self.stopped = False
        self.add = self._ended.append

    async def run(self) -> None:
        while not self._closing.is_set():
            await self.flush()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), WRITE_EVERY_S)

    async def flush(self) -> None:
        batch = self._ended[:]
        self._ended.clear()
        writing = asyncio.ensure_future(_in_thread(self._ledger, self._write, batch))
        if not (await asyncio.wait({writing}, timeout=SLOW_WRITE_S))[0]:
            self._stop()  # nothing more is asked until it is known that answers can be kept
        among = await writing
        if not among:
            self._stop()
        elif not self.stopped:
            self._places.share(among)

    def _stop(self) -> None:
        self.stopped = True
        self._places.close()

    async def end(self, writing: asyncio.Task[None]) -> None:
        """`writing` is its run; what ended meanwhile is written too."""
        self._closing.set()
        await writing
        await self.flush()


async def drain(
    *,
    backend: Backend,
    options: Options,
    places: Places,
    claim: Callable[[int], Sequence[CoBuyWork]],
    write: Callable[[Sequence[Ended]], int],
    units: int = 1,
    planned: Mapping[str, int] | None = None,
    brakes: bool = True,
) -> None:
    """Work until `claim` has no more, or `write` says to stop; calls in flight are then finished and written.

    `write` says among how many workers the places are shared, 0 to stop; `units` is what a co-buy owes at most;
    `planned` are the calls of each kind. Raises BackendAway when the model server is lost, FailingAlike when calls
    fail alike (unless `brakes` is off); what had ended before is written.
    """
    with ThreadPoolExecutor(1, "ledger") as ledger:  # one thread: one database connection, writes in order
        writer = _Writer(write, places, ledger)
        await writer.flush()
        if places.among > 1:
            await asyncio.sleep(1.2 * WRITE_EVERY_S)  # by then the others have heard and made room
        brake: Brake[Ended] = Brake(planned or dict.fromkeys(KINDS, sys.maxsize), places, writer.add, holds=brakes)
        engine = Engine(backend, options, places, lambda e: brake.add(kind_of(e), e, e.outcome.failure))
        open_cobuys = _OpenCoBuys(engine, lambda n: _in_thread(ledger, claim, n))
        writing = asyncio.create_task(writer.run())
        try:
            while not (writer.stopped or brake.stopped):
                await open_cobuys.fill(_open_at_once(places, units))
                if not open_cobuys.tasks:
                    break
                await open_cobuys.some_end(writing)
            await open_cobuys.all_end(writing)
            if brake.stopped:
                raise brake.stopped
        finally:
            places.close()  # a failed co-buy's other calls are nobody's any more
            brake.end()
            open_cobuys.drop()
            await writer.end(writing)


class _OpenCoBuys:
    def __init__(self, engine: Engine, claim: Callable[[int], Awaitable[Sequence[CoBuyWork]]]) -> None:
        self._engine, self._claim = engine, claim
        self.tasks: set[asyncio.Task[None]] = set()

    async def fill(self, wanted: int) -> None:
        room = wanted - len(self.tasks)
        if room > wanted // 4:  # in portions: each claim is a transaction
            self.tasks |= {asyncio.create_task(self._engine.cobuy(work)) for work in await self._claim(room)}

    async def some_end(self, writing: asyncio.Task[None]) -> None:
        done, _ = await asyncio.wait({*self.tasks, writing}, return_when=asyncio.FIRST_COMPLETED, timeout=LOOK_EVERY_S)
        for task in done:
            self.tasks.discard(task)
            task.result()  # a lost server or database ends it all

    async def all_end(self, writing: asyncio.Task[None]) -> None:
        while self.tasks:
            await self.some_end(writing)

    def drop(self) -> None:
        for task in self.tasks:
            task.cancel()
        self._engine.drop()


def _open_at_once(places: Places, units: int) -> int:
    """Co-buys enough for all places though each begins with calls that go alone, and few where each has many calls:
    the fewer are open, the closer together are the calls of one, and the more is left for other workers. More of them
    where places are free all the same, because calls wait for another try."""
    return 2 * places.n if places.idle else min(2 * places.n, 10 * places.n // units + 1)


async def _in_thread(ledger: ThreadPoolExecutor, function: Callable[[*Given], T], *args: *Given) -> T:
    return await asyncio.get_running_loop().run_in_executor(ledger, function, *args)
