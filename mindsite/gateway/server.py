"""Between granian (RSGI) and Django (WSGI): bodies are read and the impatient answered before a thread is taken."""

import asyncio
import io
import re
import resource
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from secrets import token_hex
from typing import Any, Protocol

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError
from django.http import HttpResponse
from granian.rsgi import ProtocolClosed

from accounts.lockout import address_of
from common.away import AGAIN_S, away
from common.metrics.counted import TURNED_AWAY
from mindsite.gateway import bodies
from mindsite.gateway.bodies import STRANGERS, Coming, TurnedAwayError
from mindsite.gateway.environ import Environ, Scope, environ_of
from mindsite.gateway.turns import Turn, Turns
from mindsite.guards import not_now, refused
from mindsite.logs import request_id

ALIVE = "/healthz"  # says that the process is alive, however busy
REQUEST_ID, GIVEN_ID = "x-request-id", re.compile(r"[\w-]{8,64}")
SLOW_READER_S = 60.0  # for one part of an answer
Heads = list[tuple[str, str]]


class Stream(Protocol):
    async def send_bytes(self, part: bytes) -> None: ...


class Reply(Protocol):
    """granian's side of a request. Its answers may come from any thread."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: Heads, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Heads) -> Stream: ...


class Server:
    """`places`: bodies of one address that are waited for at once."""

    def __init__(
        self, django: Callable[[Environ, Callable], Iterable[bytes]], *, turns: int = 2, places: int = 64
    ) -> None:
        self._django, self._turns, self._places = django, Turns(turns), places
        self._waiting: Counter[str] = Counter()

    async def __rsgi__(self, scope: Scope, reply: Reply) -> None:
        if scope.path == ALIVE:
            reply.response_bytes(200, [("content-type", "text/plain"), ("cache-control", "no-store")], b"ok\n")
            return
        environ = environ_of(scope)
        try:
            environ["wsgi.input"] = await self._body(environ, reply)
            if self._turns.full():
                raise TurnedAwayError(503, "Too many requests are waiting: try again in a moment.")
        except TurnedAwayError as why:
            _send(reply, _answer(environ, why))
        except DatabaseError:
            _send(reply, not_now(_bare(environ)))
        else:
            loop = asyncio.get_running_loop()
            with suppress(ProtocolClosed):
                await self._in_turn(lambda turn: self._respond(environ, reply, turn, loop))

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connections that wait cost a descriptor each."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    async def _body(self, environ: Environ, reply: Reply) -> io.IOBase:
        size = bodies.declared(environ)
        if size == 0:
            return io.BytesIO()
        parts, limit = aiter(reply), STRANGERS
        if size is None or size > STRANGERS:
            known = await self._in_turn(lambda turn: bodies.limit_of(environ))
            if known is None:
                environ["mindsite.coming"] = True
                return io.BufferedReader(Coming(parts, asyncio.get_running_loop()), 64 * 1024)
            limit = known
        if size is not None and size > limit:
            raise bodies.too_large(limit)
        body = await self._waited_for(address_of(environ) or "", bodies.read(parts, limit))
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return io.BytesIO(body)

    async def _waited_for(self, address: str, body: Any) -> bytes:
        if self._waiting[address] >= self._places:
            body.close()
            raise TurnedAwayError(429, "Too many requests from your address are still being sent: try again.")
        self._waiting[address] += 1
        try:
            return await body
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]

    async def _in_turn(self, job: Callable[[Turn], Any]) -> Any:
        """A future of the loop's own: one of `concurrent` has a lock, and is copied into such a one in the end."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def do(turn: Turn) -> None:
            try:
                tell, what = done.set_result, job(turn)
            except BaseException as error:
                tell, what = done.set_exception, error
            with suppress(RuntimeError):  # the loop is at its end
                loop.call_soon_threadsafe(_unless_done, done, tell, what)

        self._turns.do(do)
        return await done

    def _respond(self, environ: Environ, reply: Reply, turn: Turn, loop: asyncio.AbstractEventLoop) -> None:
        if environ.pop("mindsite.coming", False):
            turn.give_up()
        if away.is_known() and not environ["PATH_INFO"].startswith((settings.STATIC_URL, "/readyz")):
            TURNED_AWAY.labels("503").inc()
            _send(reply, not_now(_bare(environ)))
            return
        told: list[tuple[int, Heads]] = []
        known = (REQUEST_ID, _request_id(environ))
        request_id.set(known[1])  # of this thread, until the next request of its
        answer = self._django(environ, lambda status, heads: told.append((int(status[:3]), [*heads, known])))
        try:
            if getattr(answer, "streaming", False):
                turn.give_up()
                self._stream(reply, *told[0], answer, loop)
            else:
                reply.response_bytes(*told[0], b"".join(answer))
        finally:
            getattr(answer, "close", lambda: None)()

    def _stream(
        self, reply: Reply, status: int, heads: Heads, answer: Iterable[bytes], loop: asyncio.AbstractEventLoop
    ) -> None:
        """Part by part, as fast as it is read: one who stops reading is left."""
        stream = reply.response_stream(status, heads)

        async def send(part: bytes) -> None:
            await stream.send_bytes(part)

        for part in answer:
            if part:
                asyncio.run_coroutine_threadsafe(send(part), loop).result(SLOW_READER_S)


def _unless_done(done: asyncio.Future, tell: Callable[[Any], None], what: Any) -> None:
    if not done.done():  # nobody waits any more: the connection was closed
        tell(what)


def _request_id(environ: Environ) -> str:
    """A proxy's of ours, if it gives one: whoever else writes it could write what he likes into the log."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if settings.PROXIES and GIVEN_ID.fullmatch(given) else token_hex(8)


def _bare(environ: Environ) -> WSGIRequest:
    return WSGIRequest({**environ, "wsgi.input": io.BytesIO()})


def _answer(environ: Environ, why: TurnedAwayError) -> HttpResponse:
    """Nothing more is read from this connection."""
    TURNED_AWAY.labels(str(why.status)).inc()
    answer = refused(_bare(environ), why.status, why.words)
    answer["Connection"] = "close"
    if why.status in (429, 503):
        answer["Retry-After"] = str(AGAIN_S)
    return answer


def _send(reply: Reply, answer: HttpResponse) -> None:
    reply.response_bytes(answer.status_code, list(answer.items()), answer.content)
