"""Pictures from the web: wanted sources are claimed, fetched, encoded, and written with what came of them."""

import asyncio
import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import TypeVar

from celery import current_app
from django.conf import settings
from django.db import connection, transaction

from distillation.catalog.pictures import sources
from distillation.catalog.pictures.fetch import Fetcher, FetchFailed, FetchRules
from distillation.catalog.pictures.sources import Claimed, Ended
from distillation.catalog.pictures.store import BadPicture, EncodedPicture, files_write, picture_encode
from distillation.catalog.readers.cleaning import picture_addresses
from distillation.models import Picture

T = TypeVar("T")
log = logging.getLogger(__name__)

TASK = "distillation.tasks.download_pictures"
IN_HAND = 256  # claimed at once; more than can be fetched at once, so that one slow host does not hold up the others
STEP_S = 0.2
STORE_AWAY_S = 60
MOST_TRIES = 7
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30, 3600  # 0.5, 1.5, 4.5, 13.5, 40, 60 minutes: two hours in all
# Pillow works outside Python's lock; each thread may hold one decoded picture of up to 400 MB.
ENCODERS = min(4, os.cpu_count() or 1)
WRITERS = 8  # these wait for a disk or an object store


class StoreAway(Exception):
    """The store can't be written to; the pictures are not at fault."""


def downloads_wake() -> None:
    """Call after making sources: products of those that have ended are updated, the others are fetched."""
    transaction.on_commit(sources.late_products_tell)
    # Robust: the sweep makes up for a broker that is away.
    transaction.on_commit(lambda: current_app.send_task(TASK), robust=True)


def pictures_download(*, seconds: float) -> None:
    """Fetch what is wanted and due; after so many seconds begin nothing new. Raises StoreAway."""
    asyncio.run(_download(seconds))


async def _download(seconds: float) -> None:
    rules = FetchRules(
        hosts=settings.FETCH_HOSTS,
        private_networks=[ip_network(text) for text in settings.FETCH_PRIVATE_NETWORKS],
        max_bytes=settings.FETCH_MAX_BYTES,
        timeout_s=settings.FETCH_TIMEOUT,
        connections=settings.FETCH_IN_FLIGHT,
    )
    async with Fetcher(rules) as fetcher:
        stretch = _Stretch(fetcher, until=time.monotonic() + seconds)
        try:
            await stretch.work()
        finally:
            await stretch.end()


class _Stretch:
    """What one worker is doing: tries that are under way, and results that are still to be written."""

    def __init__(self, fetcher: Fetcher, *, until: float) -> None:
        self.fetcher, self.until = fetcher, until
        self.hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(settings.FETCH_PER_HOST))
        self.places = asyncio.Semaphore(settings.FETCH_IN_FLIGHT)
        self.encoders, self.writers = ThreadPoolExecutor(ENCODERS), ThreadPoolExecutor(WRITERS)
        self.database = ThreadPoolExecutor(1)  # one thread, so one connection
        self.tries: dict[asyncio.Task[Ended | None], int] = {}
        self.ended: list[Ended] = []
        self.renew_at = 0.0

    async def work(self) -> None:
        await self._claim()
        while self.tries or self.ended:
            await self._collect()
            await self._write()
            await self._claim()

    async def end(self) -> None:
        """Without an error there is nothing left in hand; with one, what is left waits until it may have passed."""
        for task in self.tries:
            task.cancel()
        await asyncio.gather(*self.tries, return_exceptions=True)
        await self._in_database(_leave, list(self.tries.values()))
        for pool in (self.encoders, self.writers, self.database):
            pool.shutdown()

    async def _claim(self) -> None:
        room = IN_HAND - len(self.tries) - len(self.ended)
        if room >= IN_HAND // 4 and time.monotonic() < self.until:
            for source in await self._in_database(sources.claim, room):
                self.tries[asyncio.create_task(self._try(source))] = source.id

    async def _collect(self) -> None:
        if not self.tries:
            await asyncio.sleep(STEP_S)  # an import holds the products; see `record`
            return
        done, _ = await asyncio.wait(self.tries, timeout=STEP_S)
        results = {task: task.result() for task in done}
        self.ended += [result for result in results.values() if result]
        not_begun = [self.tries[task] for task, result in results.items() if result is None]
        for task in done:
            del self.tries[task]
        if not_begun:
            await self._in_database(sources.renew, not_begun, 0)

    async def _write(self) -> None:
        if bool(self.ended) and await self._in_database(sources.record, self.ended):
            self.ended = []
        if time.monotonic() > self.renew_at:
            in_hand = [*self.tries.values(), *(one.source.id for one in self.ended)]
            await self._in_database(sources.renew, in_hand)
            self.renew_at = time.monotonic() + sources.CLAIM_S / 4

    async def _try(self, source: Claimed) -> Ended | None:
        """None: the time was up before it began."""
        async with self.hosts[_host(source.url)], self.places:
            if time.monotonic() > self.until:
                return None
            try:
                encoded = await self._picture_of(source)
            except BadPicture as error:
                return Ended(source=source, reason=error.reason)
            except FetchFailed as error:
                return Ended(source=source, reason=error.reason, pause_s=_pause_s(source, error))
            except Exception as error:  # whatever a stranger's server brings about must not stop all the others
                log.exception("Fetching %s failed unexpectedly", source.url)
                return Ended(source=source, reason=f"stopped by an error ({type(error).__name__}: {error})")
            picture = await asyncio.get_running_loop().run_in_executor(self.writers, _stored, encoded)
            return Ended(source=source, picture=picture)

    async def _picture_of(self, source: Claimed) -> EncodedPicture:
        """The full one; where it can't be had, as the shop gave it."""
        *better, given = picture_addresses(source.url)
        for url in better:
            try:
                return await self._encoded(url)
            except BadPicture:
                continue
            except FetchFailed as error:
                if error.again:  # a server that is away for a moment must not cost the full picture
                    raise
        return await self._encoded(given)

    async def _encoded(self, url: str) -> EncodedPicture:
        data = await self.fetcher.fetch(url)
        return await asyncio.get_running_loop().run_in_executor(self.encoders, picture_encode, data)

    async def _in_database(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.database, function, *args)


def _leave(source_ids: list[int]) -> None:
    try:
        sources.renew(source_ids, STORE_AWAY_S)
    finally:
        connection.close()  # this thread's goes back to the pool


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


def _pause_s(source: Claimed, failure: FetchFailed) -> float | None:
    """Seconds until the next try, longer each time; None: there is none."""
    if not failure.again or source.tries + 1 >= MOST_TRIES:
        return None
    return min(max(FIRST_PAUSE_S * 3**source.tries, failure.after_s), LONGEST_PAUSE_S)


def _stored(encoded: EncodedPicture) -> Picture:
    try:
        return files_write(encoded)
    except Exception as error:  # disks and object stores fail in their own ways
        words = " ".join(str(error).split()) or type(error).__name__
        raise StoreAway(f"Pictures can't be stored ({words}); make room or mend the store") from error
