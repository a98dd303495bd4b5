"""Two backends as one: who describes and intends, and who filters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, Self

from distillation.lvlm.base import Backend, Judge, Reply, Request

OF_FILTER = "filter "  # before the address of a server that filters, where both are told of


class WithFilter:
    """Verdicts are asked of the second; all else of the first, whose name and model it has."""

    def __init__(self, first: Backend, second: Backend) -> None:
        self.name, self.model = first.name, first.model
        self._first, self._second = first, second
        self._open = AsyncExitStack()

    @property
    def fault(self) -> str:
        return self._first.fault or self._second.fault

    @property
    def known(self) -> Mapping[str, Any]:
        return {**self._first.known, **{f"{OF_FILTER}{url}": found for url, found in self._second.known.items()}}

    async def __aenter__(self) -> Self:
        for backend in (self._first, self._second):
            await self._open.enter_async_context(backend)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._open.aclose()

    async def check(self) -> None:
        await self._first.check()
        await self._second.check()
        self.model = self._first.model

    async def reply(self, request: Request) -> Reply:
        return await (self._second if isinstance(request.subject, Judge) else self._first).reply(request)


def of_filter(known: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of the servers that filter, by their addresses."""
    return {url.removeprefix(OF_FILTER): found for url, found in known.items() if url.startswith(OF_FILTER)}
