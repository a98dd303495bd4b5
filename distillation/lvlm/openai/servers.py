"""What is known of a model server: is it there, how many calls it takes, how long they take, which pictures it has."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from distillation.lvlm.base import Image
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
    """Which pictures the server has under their uuid; whether it knows uuids at all is found out on the way."""

    def __init__(self) -> None:
        self.named: bool | None = None  # None: not asked yet
        self._known: dict[str, None] = {}
        self._hits = self._misses = 0

    def ways(self, images: Sequence[Image]) -> list[Way]:
        """The most sparing first; the next where the server refuses it."""
        if not images or not self.named:
            return [PLAIN]
        known = any(image.digest in self._known for image in images)
        return [*([Way(True, self._known)] if known else []), NAMED, *([] if self._hits else [PLAIN])]

    def learn(self, images: Sequence[Image], refused: Sequence[Way], taken: Way) -> None:
        """Called when an answer has come: only then a picture is the server's."""
        by_uuid = any(way.known for way in refused)
        if taken.known:
            self._hits += 1
        elif by_uuid:
            self._misses += 1
        if NAMED in refused or (self._misses >= MISSES and not self._hits):
            self.named = False
        if by_uuid:
            self._forget(images)
        if taken.named:
            self._remember(images)

    def forget_all(self) -> None:
        self._known.clear()

    def _remember(self, images: Iterable[Image]) -> None:
        for image in images:
            self._known.pop(image.digest, None)
            self._known[image.digest] = None
        while len(self._known) > PICTURES_KNOWN:
            del self._known[next(iter(self._known))]

    def _forget(self, images: Iterable[Image]) -> None:
        for image in images:
            self._known.pop(image.digest, None)


class Server:
    def __init__(self, url: str, limit: int) -> None:
        self.url = url
        self.limit = Limit(limit)
        self.presence = Presence()
        self.pictures = Pictures()
        self._usual_s: float | None = None
        self._early: dict[asyncio.Timeout, tuple[float, float]] = {}

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


def endpoint(url: str) -> str:
    """A base URL with or without /v1 and trailing slash, to the form ending in /v1."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"Base URL {parts.scheme}://{parts.hostname or ''} is no http or https URL: correct it.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(f"Base URL of {parts.hostname} holds a password or query: give the API key on its own.")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path if path.endswith('/v1') else path + '/v1'}"


def url_and_limit(text: str, default: int) -> tuple[str, int]:
    """`URL,N`: a server's URL, and how many calls it may have in flight."""
    url, comma, limit = text.rpartition(",")
    if not comma:
        return endpoint(text), default
    if not limit.strip().isdecimal() or int(limit) < 1:
        raise ValueError(f"Base URL {endpoint(url)} has {limit!r} calls in flight: give a number of at least 1.")
    return endpoint(url), int(limit)


def backoff(tries: int, longest: float = 8.0) -> float:
    seconds = FIRST_BACKOFF_S * 2.0 ** min(tries - 1, MOST_DOUBLINGS)
    return min(longest, seconds) * random.uniform(0.5, 1.0)  # noqa: S311
