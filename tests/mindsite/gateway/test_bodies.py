"""Bodies of strangers: how large, how slow, and how many at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from django.test import Client

from accounts.models import User
from api.models import Scope
from api.tokens.services import token_create
from mindsite.gateway import bodies
from mindsite.gateway.bodies import STRANGERS, TurnedAwayError, limit_of
from mindsite.gateway.environ import environ_of
from mindsite.gateway.server import Server
from tests.api.builders import DAY
from tests.mindsite.gateway.scopes import answered, post, size_of_body

ADDRESS = "/studies/new/"


def limit(path: str = ADDRESS, **headers: str) -> int | None:
    return limit_of(environ_of(post(path, 1, **headers)[0]))


def cookie(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


@pytest.mark.django_db
def test_strangers_send_forms_and_no_files() -> None:
    assert limit() == STRANGERS
    made_up = {"cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345", "authorization": "Bearer ms_madeup"}
    assert [limit(**{name: made_up[name]}) for name in made_up] == [STRANGERS] * 2


@pytest.mark.django_db
def test_files_go_where_researchers_may_send_them(researcher: User, annotator: User) -> None:
    mine, theirs = cookie(researcher), cookie(annotator)
    assert (limit(cookie=mine), limit("/runs/new/", cookie=mine)) == (10_500_000, 2_621_440)
    assert (limit(cookie=theirs), limit("/runs/new/", cookie=theirs)) == (2_621_440, 2_621_440)
    assert (limit("/imports/new/", cookie=mine), limit("/imports/new/", cookie=theirs)) == (None, 2_621_440)


@pytest.mark.django_db
def test_a_program_is_known_by_its_token(annotator: User) -> None:
    secret = token_create(owner=annotator, name="t", scopes=[Scope.JUDGE], valid=DAY)[1]
    assert limit(authorization=f"Bearer {secret}") == 2_621_440


def known(monkeypatch: pytest.MonkeyPatch, limit: int | None) -> Server:
    """Who sends is asked of the database, in a thread, which sees nothing of a test's transaction."""
    monkeypatch.setattr(bodies, "limit_of", lambda environ: limit)
    return Server(size_of_body)


def test_what_is_told_to_be_too_large_is_refused_before_a_byte_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    large = [post(ADDRESS, size, never_ends=True) for size in (STRANGERS + 1, 256_000_000, 2_000_000_000)]
    assert answered(known(monkeypatch, STRANGERS), *large) == ["413"] * 3
    assert large[0][1].heads["connection"] == "close"


def test_what_is_larger_than_it_is_told_to_be_or_does_not_tell_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    too_much = [b"x" * STRANGERS, b"x"]
    server = known(monkeypatch, STRANGERS)
    sizes = [
        post(ADDRESS, -1, *too_much),
        post(ADDRESS, 9, *too_much),
        post(ADDRESS, -1, b"xyz"),
        post(ADDRESS, 3, b"xyz"),
    ]
    assert answered(server, *sizes) == ["413", "413", "200 3", "200 3"]


def test_a_whole_file_is_read_by_django_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [b"x" * 100_000] * 3
    assert answered(known(monkeypatch, None), post("/imports/new/", 300_000, *parts)) == ["200 300000"]


def test_a_body_that_does_not_end_is_given_up_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PAUSE_S", 0.05)
    slow = [post(ADDRESS, 9, b"x", never_ends=True) for _ in range(40)]
    assert answered(Server(size_of_body), *slow, post(ADDRESS, 3, b"xyz")) == ["408"] * 40 + ["200 3"]


def test_one_address_has_so_many_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PAUSE_S", 0.05)
    server, three = Server(size_of_body, places=2), [post(ADDRESS, 9, never_ends=True) for _ in range(3)]
    other = post(ADDRESS, 3, b"xyz")
    other[0].client = "10.0.0.8:1"
    assert answered(server, *three, other) == ["408", "408", "429", "200 3"]
    assert answered(server, post(ADDRESS, 3, b"xyz")) == ["200 3"]  # its places are free again


def test_dripping_a_byte_before_each_deadline_does_not_hold_it_open() -> None:
    """0.2 s to begin with, and a second more for each 20,000 bytes: 10 drops of a byte give 0.0005 s."""

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(200):
            await asyncio.sleep(0.01)
            yield b"x"

    with pytest.raises(TurnedAwayError, match="did not come in time"):
        asyncio.run(bodies.read(drops(), STRANGERS, pause_s=0.2))
