"""Between granian and Django: a request as WSGI has it, and answers that are sent for long."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from common.away import away
from mindsite.gateway.environ import environ_of
from mindsite.gateway.server import Server
from tests.mindsite.gateway.scopes import Headers, Reply, Scope, answered, size_of_body


def test_a_request_reads_as_wsgi_has_it() -> None:
    """PEP 3333: bytes of the path as latin-1; RFC 9110, 5.3: lines of one field joined by a comma, cookies by `; `."""
    heads = [
        ("host", "x.example"),
        ("x-a", "1"),
        ("x-a", "2"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("x_forwarded_for", "evil"),
    ]
    environ = environ_of(Scope("GET", "/é", Headers([*heads, ("content-type", "text/css")]), client="[2001:db8::1]:9"))
    assert environ["PATH_INFO"] == "/Ã©"
    assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert (environ["HTTP_HOST"], environ["CONTENT_TYPE"]) == ("x.example", "text/css")
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("2001:db8::1", "8000")
    assert "HTTP_X_FORWARDED_FOR" not in environ  # which a proxy would have set, and nobody else may


class Parts:
    streaming = True

    def __init__(self, wait: threading.Event) -> None:
        self.wait, self.closed = wait, False

    def __iter__(self) -> Iterator[bytes]:
        yield b"first "
        assert self.wait.wait(20)
        yield b"last"

    def close(self) -> None:
        self.closed = True


def test_an_answer_that_is_read_slowly_has_nobody_waiting_for_its_turn() -> None:
    made: list[Parts] = []
    read_on = threading.Event()

    def django(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/quick":
            read_on.set()
            return size_of_body(environ, start_response)
        start_response("200 OK", [])
        made.append(Parts(read_on))
        return made[-1]

    asked = [(Scope(path="/slow"), Reply()), (Scope(path="/quick"), Reply())]
    assert answered(Server(django, turns=1), *asked) == ["200 first last", "200 0"]
    assert made[0].closed


def test_healthz_needs_no_thread_and_no_django() -> None:
    def django(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        raise AssertionError

    assert answered(Server(django, turns=0), (Scope(path="/healthz"), Reply())) == ["200 ok\n"]


def test_while_the_database_is_known_to_be_away_nobody_waits_to_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    server, page, program = Server(size_of_body), Reply(), Reply()
    monkeypatch.setattr(away, "_shut_until", float("inf"))
    assert answered(server, (Scope(path="/judge/1/"), page), (Scope(path="/api/v1/runs/"), program)) == ["503"] * 2
    assert (page.heads["retry-after"], program.heads["content-type"]) == ("5", "application/problem+json")
    assert answered(server, (Scope(path="/readyz"), Reply())) == ["200 0"]  # which looks whether it is back
    monkeypatch.setattr(away, "_shut_until", 0.0)
    assert answered(server, (Scope(path="/judge/1/"), Reply())) == ["200 0"]
