"""What a request's body may cost: its size by who sends it and where to; Django sees it when all of it is here.

A body that never ends holds a thread of the server and nothing else; one address holds only some of them.
"""

import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.urls import Resolver404, resolve

from accounts.lockout import client_address
from accounts.models import User
from accounts.sessions import SessionStore
from api.tokens.services import token_find
from mindsite.guards import refused

STRANGERS = 64 * 1024  # the longest form that one fills in before a sign-in has a tenth of it
CHUNK = 64 * 1024
IN_MEMORY = 512 * 1024
UPLOADS = ("study-new", "study-plan", "study-preview-new", "study-codes-check", "upload")
OF_UPLOADS = 10_500_000  # a piece of a file, or a whole one of what those pages take
WHOLE_FILES = "import-new"  # of a browser without scripts: Django reads them as they come

Environ = dict[str, Any]
Application = Callable[[Environ, Callable], Iterable[bytes]]


class Bodies:
    """WSGI. `turns`: requests that Django has at once; `places`: bodies of one address that are waited for at once."""

    def __init__(self, application: Application, *, turns: int = 2, places: int = 16) -> None:
        self._application, self._places = application, places
        self._turns, self._lock = _Turns(turns), threading.Lock()
        self._waiting: Counter[str] = Counter()

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/healthz":  # says that the process is alive, however busy
            return self._application(environ, start_response)
        try:
            if _has_body(environ):
                self._receive(environ)
        except _TurnedAwayError as why:
            return _answer(environ, start_response, why)
        return self._in_turn(environ, start_response)

    def _receive(self, environ: Environ) -> None:
        request = WSGIRequest(environ)
        declared = _declared(environ)
        limit = STRANGERS if declared is not None and declared <= STRANGERS else self._limit(request)
        if limit is None:
            return
        if declared is not None and declared > limit:
            raise _too_large(limit)
        with self._place(client_address(request) or ""):
            body, size = _read(environ["wsgi.input"], limit, declared)
        environ["wsgi.input"] = body
        if declared is None:
            environ["CONTENT_LENGTH"] = str(size)
        environ.pop("HTTP_TRANSFER_ENCODING", None)

    def _limit(self, request: WSGIRequest) -> int | None:
        """More than a stranger's for who can be told, and a file's for who may send one there; None: Django's."""
        with self._turns:
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

    @contextmanager
    def _place(self, address: str) -> Iterator[None]:
        with self._lock:
            if self._waiting[address] >= self._places:
                raise _TurnedAwayError(429, "Too many requests from your address are still being sent: try again.")
            self._waiting[address] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[address] -= 1
                self._waiting += Counter()  # forgets whom nobody waits for

    def _in_turn(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        self._turns.acquire()
        try:
            response = self._application(environ, start_response)
        except BaseException:
            self._turns.release()
            raise
        return _Held(response, self._turns.release)


class _Turns:
    """So many at once, in the order in which they came: a semaphore lets newcomers overtake who waits."""

    def __init__(self, n: int) -> None:
        self.free, self._lock = n, threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self) -> None:
        with self._lock:
            if self.free:
                self.free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def release(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self.free += 1

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class _Held:
    """A response that is still being made while it is sent."""

    def __init__(self, response: Iterable[bytes], release: Callable[[], None]) -> None:
        self._response, self._release = response, release
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)

    def close(self) -> None:
        if not self._lock.acquire(blocking=False):
            return  # closed before
        try:
            getattr(self._response, "close", lambda: None)()
        finally:
            self._release()


class _TurnedAwayError(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def _too_large(limit: int) -> _TurnedAwayError:
    return _TurnedAwayError(413, f"The body is larger than {limit:,} bytes, all that is taken here.")


def _has_body(environ: Environ) -> bool:
    return _declared(environ) != 0 or "HTTP_TRANSFER_ENCODING" in environ


def _declared(environ: Environ) -> int | None:
    """None: its end shows when it is there."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    try:
        return max(0, int(environ.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def _read(stream: Any, limit: int, declared: int | None) -> tuple[Any, int]:
    body, size = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY), 0  # noqa: SIM115 - Django reads it
    while chunk := stream.read(min(CHUNK, (limit + 1 if declared is None else declared) - size)):
        size += len(chunk)
        if size > limit:
            body.close()
            raise _too_large(limit)
        body.write(chunk)
    body.seek(0)
    return body, size


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


def _answer(environ: Environ, start_response: Callable, why: _TurnedAwayError) -> list[bytes]:
    """Nothing more is read from this connection."""
    answer = refused(WSGIRequest(environ), why.status, why.words)
    answer["Connection"] = "close"
    if why.status == 429:
        answer["Retry-After"] = "5"
    start_response(f"{why.status} {answer.reason_phrase}", list(answer.items()))
    return [answer.content]
