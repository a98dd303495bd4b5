"""A request as granian tells it, and what the server answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mindsite.gateway.server import Server


class Headers(list):
    def items(self) -> list[tuple[str, str]]:
        return list(self)


@dataclass
class Scope:
    method: str = "GET"
    path: str = "/"
    headers: Headers = field(default_factory=Headers)
    query_string: str = ""
    scheme: str = "http"
    client: str = "10.0.0.7:50123"
    server: str = "127.0.0.1:8000"
    http_version: str = "1.1"
    authority: str | None = None


class Reply:
    def __init__(self, *parts: bytes, never_ends: bool = False) -> None:
        self._parts, self._never_ends = parts, never_ends
        self.status, self.heads, self.body = 0, {}, b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part
        if self._never_ends:
            await asyncio.Event().wait()

    def response_bytes(self, status: int, heads: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.heads, self.body = status, {name.lower(): value for name, value in heads}, body

    def response_stream(self, status: int, heads: list[tuple[str, str]]) -> "Reply":
        self.response_bytes(status, heads, b"")
        return self

    async def send_bytes(self, part: bytes) -> None:
        self.body += part


def size_of_body(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [str(len(environ["wsgi.input"].read())).encode()]


def post(path: str, size: int, *parts: bytes, never_ends: bool = False, **headers: str) -> tuple[Scope, Reply]:
    """Its length is told beforehand, as browsers do; `size` -1: it is not."""
    told = ("transfer-encoding", "chunked") if size < 0 else ("content-length", str(size))
    named = [(name.lower().replace("_", "-"), value) for name, value in headers.items()]
    return Scope("POST", path, Headers([told, *named])), Reply(*parts, never_ends=never_ends)


def answered(server: Server, *asked: tuple[Scope, Reply]) -> list[str]:
    """Of requests that come at once: the status, and what was said where it is 200."""

    async def all_of_them() -> None:
        await asyncio.gather(*(server.__rsgi__(scope, reply) for scope, reply in asked))

    asyncio.run(all_of_them())
    return [f"200 {reply.body.decode()}" if reply.status == 200 else str(reply.status) for _, reply in asked]
