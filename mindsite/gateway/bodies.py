"""What a request's body may cost: its size by who sends it and where to, and how long it may take.

It is read before a thread is asked for: one that never ends costs a connection and what has come of it, for seconds.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.urls import Resolver404, resolve

from accounts.models import User
from accounts.sessions import SessionStore
from api.tokens.services import token_find
from mindsite.gateway.environ import Environ

STRANGERS = 64 * 1024  # the longest form that one fills in before a sign-in has a tenth of it
UPLOADS = ("study-new", "study-plan", "study-preview-new", "study-codes-check", "upload")
OF_UPLOADS = 10_500_000  # a piece of a file, or a whole one of what those pages take
WHOLE_FILES = "import-new"  # of a browser without scripts: Django reads them as they come
PAUSE_S = 10.0  # the longest between two parts of a body
SLOWEST = 20_000  # bytes a second over the whole of it, after the first PAUSE_S


class TurnedAwayError(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def too_large(limit: int) -> TurnedAwayError:
    return TurnedAwayError(413, f"The body is larger than {limit:,} bytes, all that is taken here.")


def too_slow() -> TurnedAwayError:
    return TurnedAwayError(408, "The body did not come in time: send it again.")


def declared(environ: Environ) -> int | None:
    """None: its end shows when it is there."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    try:
        return max(0, int(environ.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def limit_of(environ: Environ) -> int | None:
    """More than a stranger's for who can be told, and a file's for who may send one there; None: Django's. Asks the
    database."""
    request = WSGIRequest(environ | {"wsgi.input": io.BytesIO()})
    try:
        sender = _sender(request)
    finally:
        if not connection.in_atomic_block:
            connection.close()  # back to the pool: what is turned away is no request of Django's
    if sender is None:
        return STRANGERS
    where = _page(request.path_info) if sender.is_researcher else ""
    if where == WHOLE_FILES:
        return None
    return OF_UPLOADS if where in UPLOADS else int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)


async def read(parts: AsyncIterator[bytes], limit: int, *, pause_s: float | None = None) -> bytes:
    """The whole body. Raises TurnedAwayError where it is larger, or comes too slowly to be waited for."""
    pause = PAUSE_S if pause_s is None else pause_s
    loop, body = asyncio.get_running_loop(), bytearray()
    began, size, seen_at = loop.time(), 0, loop.time()
    reading = asyncio.ensure_future(_all(parts, limit, body))
    while not await _done_by(reading, min(seen_at + pause, began + pause + size / SLOWEST)):
        if len(body) == size or loop.time() > began + pause + len(body) / SLOWEST:
            raise too_slow()
        size, seen_at = len(body), loop.time()
    reading.result()
    return bytes(body)


async def _all(parts: AsyncIterator[bytes], limit: int, body: bytearray) -> None:
    while part := await anext(parts, b""):  # granian's is asked for its iterator once only
        body += part
        if len(body) > limit:
            raise too_large(limit)


async def _done_by(work: asyncio.Future, until: float) -> bool:
    """What granian has us wait for can't be cancelled: left alone, it ends with its connection."""
    await asyncio.wait({work}, timeout=max(0.0, until - asyncio.get_running_loop().time()))
    if not work.done():
        work.add_done_callback(lambda over: over.cancelled() or over.exception())
    return work.done()


class Coming(io.RawIOBase):
    """A body that is read while it comes, by a thread beside the loop."""

    def __init__(self, parts: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._parts, self._loop, self._rest = parts, loop, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    async def _next(self) -> bytes:
        part = asyncio.ensure_future(_one(self._parts))
        if not await _done_by(part, self._loop.time() + PAUSE_S):
            raise OSError("the body did not come in time")
        return part.result()


async def _one(parts: AsyncIterator[bytes]) -> bytes:
    return await anext(parts, b"")


def _page(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""


def _sender(request: WSGIRequest) -> User | None:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        token = token_find(secret.strip())
        return token.owner if token else None
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not key.isalnum():
        return None
    session = SessionStore(key)
    session.load()
    return session.person if session.person and session.person.is_active else None
