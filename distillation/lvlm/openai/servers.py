"""What is known of a model server: is it there, how many calls it takes, how long they take, which pictures it has."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from distillation.lvlm.base import Image
from distillation.lvlm.openai.abilities import Abilities
from distillation.lvlm.openai.address import Address
from distillation.lvlm.openai.wire import NAMED, PLAIN, Way
from distillation.lvlm.places import Places

FIRST_BACKOFF_S = 0.25
LONGEST_AWAY_S = 5.0
# A call that takes this many times the usual is lost more likely than slow, save where the usual is next to nothing.
HANGS_AFTER, HANGS_AFTER_S = 10.0, 0.5
# A quarter of a second doubled so often is three days, longer than anything here waits.
MOST_DOUBLINGS = 20
MANY_REFUSED = 0.1
PICTURES_KNOWN = 10_000
MISSES = 3


class Limit:
    """Calls in flight at a server. Fewer where it refuses more than a tenth of a round, by as much as it refuses;
    one more for each round that it takes."""

    def __init__(self, n: int) -> None:
        self.places = Places(n)
        self._most, self._allowed = n, float(n)
        self._answers = self._refused = 0

    def answered(self, *, refused: bool) -> None:
        self._answers += 1
        self._refused += refused
        if self._answers < self.places.n:
            return
        share = self._refused / self._answers
        self._allowed = min(
            self._most, max(1.0, self._allowed * (1 - share) if share > MANY_REFUSED else self._allowed + 1)
        )
        self._answers = self._refused = 0

    def fit(self, among: int) -> None:
        """As many as the server takes, and no more than one worker's share."""
        n = max(1, min(int(self._allowed), self._most // among))
        if n != self.places.n:
            self.places.resize(n)


class Presence:
    """Whether the server is there. While it is away one call at a time may try it, later and later."""

    def __init__(self) -> None:
        self.silent_since: float | None = None
        self.answered_at = 0.0
        self.away = False
        self.retry_at = 0.0
        self._trying = False
        self._refusals = 0

    def open(self, now: float) -> bool:
        return not self.away or (now >= self.retry_at and not self._trying)

    def tried(self) -> None:
        self._trying = self.away

    def answered(self) -> None:
        self.answered_at = time.monotonic()
        self.silent_since, self.away, self._trying, self._refusals = None, False, False, 0

    def turned_down(self) -> None:
        """It is there and takes no call now."""
        self.silent_since = self.silent_since or time.monotonic()

    def went_away(self) -> None:
        self.turned_down()
        now = time.monotonic()
        if now >= self.retry_at:  # sixty calls refused at once are one refusal
            self._refusals += 1
            self.retry_at = now + backoff(self._refusals, longest=LONGEST_AWAY_S)
        self.away, self._trying = True, False


class Pictures:
    """Which pictures the server has under their uuid. Until one was found there, and again after one was missed, a
    single call at a time goes by uuid alone: a server that lost its cache, or drops all at once, costs a few calls."""

    def __init__(self) -> None:
        self.named = False
        self._known: dict[str, None] = {}
        self._trusted = self._trying = False
        self._misses = 0

    def ways(self, images: Sequence[Image]) -> list[Way]:
        """The most sparing first; the next where the server refuses it."""
        if not images or not self.named:
            return [PLAIN]
        if not any(image.digest in self._known for image in images) or (self._trying and not self._trusted):
            return [NAMED]
        self._trying = True
        return [Way(True, self._known), NAMED]

    def found(self, images: Sequence[Image], way: Way) -> None:
        """An answer has come: only then a picture is the server's."""
        if way.known:
            self._trusted, self._trying, self._misses = True, False, 0
        if way.named:
            self._remember(images)

    def missed(self, images: Sequence[Image], way: Way, *, counts: bool) -> None:
        """A call failed. Where it went by uuid that may be why, whatever reason the server gives."""
        if not way.known:
            return
        for image in images:
            self._known.pop(image.digest, None)
        self._misses += self._trying and counts
        self._trusted = self._trying = False
        self.named = self.named and self._misses < MISSES

    def forget_all(self) -> None:
        self._known.clear()

    def _remember(self, images: Iterable[Image]) -> None:
        for image in images:
            self._known.pop(image.digest, None)
            self._known[image.digest] = None
        while len(self._known) > PICTURES_KNOWN:
            del self._known[next(iter(self._known))]


class Server:
    def __init__(self, address: Address, limit: int) -> None:
        self.address, self.url = address, str(address)
        self.met = False  # it was asked what it can do
        self.own = self.can = Abilities()  # its own, and what all servers of the run can
        self.contexts: dict[str, int] = {}  # tokens, of the models that it lists with them
        self.models: set[str] = set()  # the names that its replies may carry
        self.limit = Limit(limit)
        self.presence = Presence()
        self.pictures = Pictures()
        self._usual_s: float | None = None
        self._early: dict[asyncio.Timeout, tuple[float, float]] = {}

    def learn(self, own: Abilities) -> None:
        self.met, self.own, self.can = True, own, own
        self.pictures.named = own.uuids
        self.models |= {own.model} - {""}

    def took(self, seconds: float) -> None:
        self._usual_s = seconds if self._usual_s is None else 0.95 * self._usual_s + 0.05 * seconds
        for deadline, (began, longest) in self._early.items():
            deadline.reschedule(began + self.patience(0, longest))
        self._early.clear()

    @asynccontextmanager
    async def in_time(self, slow: int, longest: float) -> AsyncIterator[float]:
        """Raises TimeoutError after the seconds it yields. A call from before the first answer, when nothing is known
        of the server, is held to what is usual as soon as that is known."""
        seconds, began = self.patience(slow, longest), asyncio.get_running_loop().time()
        async with asyncio.timeout(seconds) as deadline:
            if self._usual_s is None:
                self._early[deadline] = began, seconds
            try:
                yield seconds
            finally:
                self._early.pop(deadline, None)

    def patience(self, slow: int, longest: float) -> float:
        """Seconds to wait for an answer: twice as long for each that did not come in time, as it may only be slow."""
        if self._usual_s is None:
            return longest
        return min(longest, max(HANGS_AFTER_S, HANGS_AFTER * self._usual_s) * 2.0 ** min(slow, MOST_DOUBLINGS))

    def went_away(self) -> None:
        self.presence.went_away()
        self.pictures.forget_all()  # it may come back with empty hands


def backoff(tries: int, longest: float = 8.0) -> float:
    seconds = FIRST_BACKOFF_S * 2.0 ** min(tries - 1, MOST_DOUBLINGS)
    return min(longest, seconds) * random.uniform(0.5, 1.0)  # noqa: S311
