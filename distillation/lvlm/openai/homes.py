"""Which server a call goes to, where a run has several."""

from __future__ import annotations

import time
from collections.abc import Sequence

from distillation.lvlm.base import Ask, Describe, Subject
from distillation.lvlm.openai.servers import Server
from distillation.lvlm.places import Places

SHORTEST_WAIT_S = 0.1
MOST = 4_096


class Homes:
    """A co-buy's own server, where its pictures are, as long as that is there; else the least loaded."""

    def __init__(self, servers: Sequence[Server], places: Places) -> None:
        self._servers, self._places = servers, places
        self._homes: dict[str, Server] = {}

    async def of(self, subject: Subject) -> Server:
        key = affinity(subject)
        while True:
            now = time.monotonic()
            there = [server for server in self._servers if server.presence.open(now)]
            if there:
                home = self._homes.get(key)
                if home is None or home not in there:
                    home = self._homes[key] = min(there, key=lambda server: server.limit.places.load)
                    if len(self._homes) > MOST:
                        del self._homes[next(iter(self._homes))]
                home.presence.tried()
                return home
            soon = min(server.presence.retry_at for server in self._servers) - now
            await self._places.pause(max(SHORTEST_WAIT_S, soon))


def affinity(subject: Subject) -> str:
    """Calls with the same text here go to the same server."""
    if isinstance(subject, Describe):
        return subject.product.asin
    if isinstance(subject, Ask):
        return subject.stem
    return subject.pair.a.asin + subject.pair.b.asin
