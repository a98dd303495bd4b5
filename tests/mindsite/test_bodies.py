"""Bodies of strangers: how large, and how many at once that do not end."""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts.models import User
from api.models import Scope
from api.tokens.services import token_create
from mindsite.bodies import STRANGERS, Bodies
from tests.api.builders import DAY

pytestmark = pytest.mark.django_db
ADDRESS = "/studies/new/"


class Endless(io.RawIOBase):
    """Has said how long it will be, and says no more until it is let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def read(self, n: int = -1) -> bytes:
        self.asked.set()
        assert self.let_go.wait(20)
        return b""


def read_it(environ: dict[str, Any], start_response: Callable) -> list[bytes]:
    start_response("200 OK", [])
    return [str(len(environ["wsgi.input"].read())).encode()]


def asked(bodies: Bodies, *, path: str = ADDRESS, size: int = 0, stream: Any = None, **headers: str) -> str:
    """The status, and how many bytes Django was given."""
    told: list[str] = []
    environ = RequestFactory().generic("POST" if size else "GET", path, b"", headers=headers).environ
    environ |= {"CONTENT_LENGTH": str(size), "wsgi.input": stream or io.BytesIO(b"x" * size)}
    answer: Iterable[bytes] = bodies(environ, lambda status, headers: told.append(status[:3]))
    content = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return f"{told[0]} {content.decode()}" if told[0] == "200" else told[0]


def cookie(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def test_strangers_send_forms_and_no_files() -> None:
    assert asked(Bodies(read_it), size=STRANGERS) == f"200 {STRANGERS}"
    assert asked(Bodies(read_it), size=STRANGERS + 1) == "413"
    assert asked(Bodies(read_it), size=256_000_000, stream=Endless()) == "413"  # before a byte of it is read
    made_up = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345", "Authorization": "Bearer ms_madeup"}
    assert [asked(Bodies(read_it), size=STRANGERS + 1, **{name: made_up[name]}) for name in made_up] == ["413"] * 2


def test_files_go_where_researchers_may_send_them(researcher: User, annotator: User) -> None:
    mine, theirs = ({"Cookie": cookie(user)} for user in (researcher, annotator))
    assert asked(Bodies(read_it), size=5_000_000, **mine) == "200 5000000"
    assert asked(Bodies(read_it), size=5_000_000, path="/runs/new/", **mine) == "413"
    assert asked(Bodies(read_it), size=5_000_000, **theirs) == "413"
    assert asked(Bodies(read_it), size=1_000_000, **theirs) == "200 1000000"
    assert asked(Bodies(read_it), size=11_000_000, **mine) == "413"
    assert asked(Bodies(read_it), size=11_000_000, path="/imports/new/", **mine) == "200 11000000"
    assert asked(Bodies(read_it), size=11_000_000, path="/imports/new/", **theirs) == "413"


def test_a_program_is_known_by_its_token(annotator: User) -> None:
    secret = token_create(owner=annotator, name="t", scopes=[Scope.JUDGE], valid=DAY)[1]
    assert asked(Bodies(read_it), size=1_000_000, Authorization=f"Bearer {secret}") == "200 1000000"


def test_a_body_whose_length_is_not_told_is_cut_off_at_the_limit() -> None:
    sized = {"stream": io.BytesIO(b"x" * (STRANGERS + 1)), "size": 1, "Transfer-Encoding": "chunked"}
    assert asked(Bodies(read_it), **sized) == "413"
    assert asked(Bodies(read_it), **(sized | {"stream": io.BytesIO(b"xyz")})) == "200 3"


def test_bodies_that_do_not_end_hold_places_and_no_turn() -> None:
    bodies, slow = Bodies(read_it, turns=1, places=2), [Endless() for _ in range(2)]
    threads = [threading.Thread(target=asked, args=(bodies,), kwargs={"size": 9, "stream": each}) for each in slow]
    for thread, each in zip(threads, slow, strict=True):
        thread.start()
        assert each.asked.wait(20)
    assert asked(bodies) == "200 0"
    assert asked(bodies, size=3) == "429"  # from the same address
    for each in slow:
        each.let_go.set()
    for thread in threads:
        thread.join(20)
    assert asked(bodies, size=3) == "200 3"


def test_a_response_has_its_turn_until_it_is_sent_once_only() -> None:
    bodies = Bodies(read_it, turns=1)
    for _ in range(3):
        answer = bodies(RequestFactory().get("/").environ, lambda *_: None)
        assert bodies._turns.free == 0
        answer.close()
        answer.close()
    assert bodies._turns.free == 1
