"""Places: how many calls may be in flight. Handed on by priority, shared among workers, closed when work must end."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

# Calls of a co-buy that is under way go before a new co-buy's first call: their pictures and shared text are in the
# server's cache now.
RELEASED, OPENER = 0, 1


class Closed(Exception):
    """No further call may begin."""


class Taken:
    """A place inside the block; a class, as a generator costs several times as much and every call takes one."""

    __slots__ = ("_places", "_priority")

    def __init__(self, places: Places, priority: int) -> None:
        self._places, self._priority = places, priority

    async def __aenter__(self) -> None:
        await self._places.acquire(self._priority)

    async def __aexit__(self, *exc_info: object) -> None:
        self._places.release()


class Places:
    def __init__(self, n: int) -> None:
        self._all = self.n = n
        self.among = 1
        self.taken = 0
        self._held_to: int | None = None
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._closed = asyncio.Event()

    @property
    def load(self) -> float:
        """Calls that hold a place or wait for one, for each place."""
        return (self.taken + len(self._waiting)) / self.n

    @property
    def full(self) -> bool:
        return self.taken >= (self.n if self._held_to is None else min(self.n, self._held_to))

    @property
    def idle(self) -> bool:
        """Whether more than a tenth of the places are free."""
        return 0 < self.taken < 0.9 * self.n

    def share(self, among: int) -> None:
        """Use only one of `among` equal parts of the places."""
        self.among = among
        self.resize(self._all // among)

    def resize(self, n: int) -> None:
        self.n = max(1, n)
        self._hand_on()

    def hold_to(self, n: int | None) -> None:
        """No more than so many at once for the time being; None: as many as there are."""
        if n != self._held_to:
            self._held_to = n
            self._hand_on()

    def close(self) -> None:
        """Whoever waits for a place is told when one is free; whoever pauses is told at once."""
        self._closed.set()

    async def acquire(self, priority: int = RELEASED) -> None:
        if self.full:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (priority, next(self._order), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled():  # the place was handed over already
                    self.release()
                raise
        else:
            self.taken += 1
        if self._closed.is_set():
            self.release()
            raise Closed

    def release(self) -> None:
        self.taken -= 1
        # Not at once: the next call of the same co-buy comes within this turn of the loop, and goes before all others.
        asyncio.get_running_loop().call_soon(self._hand_on)

    def take(self, priority: int = RELEASED) -> Taken:
        return Taken(self, priority)

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Lets another call have the place inside the block; takes one again afterwards."""
        self.release()
        try:
            yield
            await self.acquire()
        except BaseException:
            self.taken += 1  # its holder will give it back all the same
            raise

    async def pause(self, seconds: float) -> None:
        """Sleep without a place."""
        async with self.aside():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), seconds)

    def _hand_on(self) -> None:
        while self._waiting and not self.full:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                self.taken += 1
                turn.set_result(None)
