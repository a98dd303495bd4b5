"""What is learned of a model server: how much it takes, how long that takes, is it there, which pictures it has."""

import asyncio
import time

import pytest

from distillation.lvlm.base import Image
from distillation.lvlm.openai import servers as openai_servers
from distillation.lvlm.openai.address import Address, url_and_limit
from distillation.lvlm.openai.servers import Limit, Pictures, Presence, Server, backoff
from distillation.lvlm.openai.wire import NAMED, PLAIN, Way

A, B = Image("aa", b"a"), Image("bb", b"b")


def answered(limit: Limit, refused: int, of: int) -> int:
    """One round of answers; how many calls are allowed after it."""
    for i in range(of):
        limit.answered(refused=i < refused)
    limit.fit(1)
    return limit.places.n


def test_a_server_that_refuses_half_gets_half_as_many():
    assert answered(Limit(64), 32, of=64) == 64 * (1 - 32 / 64)


def test_one_more_for_each_round_taken_up_to_the_limit():
    limit = Limit(64)
    answered(limit, 32, of=64)
    assert [answered(limit, 0, of=n) for n in (32, 33, 34)] == [33, 34, 35]
    assert answered(Limit(64), 0, of=64) == 64


def test_a_refusal_now_and_then_changes_nothing():
    assert answered(Limit(64), 6, of=64) == 64  # 6 / 64 < 1 / 10


def test_a_share_of_a_limit_that_was_lowered():
    limit = Limit(64)
    answered(limit, 16, of=64)  # 64 x (1 - 1/4) = 48 for all
    limit.fit(2)
    assert limit.places.n == 64 // 2
    limit.fit(1)
    assert limit.places.n == 48


def test_patience_is_ten_times_the_usual_doubled_with_each_try():
    server = Server(Address("http://h/v1"), 64)
    assert server.patience(0, longest=120) == 120  # nothing is known yet
    server.took(1.0)
    assert [server.patience(slow, longest=120) for slow in range(5)] == [10, 20, 40, 80, 120]


def test_a_thousand_tries_wait_no_longer_than_the_longest():
    server = Server(Address("http://h/v1"), 64)
    server.took(1.0)
    assert server.patience(2_000, longest=120) == 120  # 2**1024 is no float any more
    assert 2.5 <= backoff(2_000, longest=5) <= 5


def test_the_usual_follows_the_latest_answers():
    server = Server(Address("http://h/v1"), 64)
    server.took(1.0)
    server.took(3.0)
    assert server.patience(0, longest=120) == pytest.approx(10 * (0.95 * 1.0 + 0.05 * 3.0))


def test_while_it_is_away_one_call_at_a_time_tries_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(openai_servers, "backoff", lambda tries, longest: float(tries))
    presence = Presence()
    presence.went_away()
    at = presence.retry_at
    assert (presence.open(at - 0.1), presence.open(at)) == (False, True)
    presence.tried()
    assert not presence.open(at)
    presence.answered()
    assert presence.open(0)


BY_UUID = Way(True, {"aa": None})


def sent(*images: Image) -> Pictures:
    """A server that knows uuids and was sent these whole."""
    pictures = Pictures()
    pictures.named = True
    pictures.found(images, NAMED)
    return pictures


def test_a_picture_is_known_only_when_an_answer_has_come():
    pictures = sent()
    assert pictures.ways([A]) == [NAMED]
    pictures.found([A], NAMED)
    by_uuid, whole = pictures.ways([A, B])
    assert (by_uuid.named, "aa" in by_uuid.known, "bb" in by_uuid.known) == (True, True, False)
    assert whole == NAMED


def test_until_one_is_found_there_a_single_call_at_a_time_goes_by_uuid():
    pictures = sent(A)
    assert [len(pictures.ways([A])) for _ in range(3)] == [2, 1, 1]
    pictures.found([A], BY_UUID)
    assert [len(pictures.ways([A])) for _ in range(3)] == [2, 2, 2]


def test_a_server_that_has_forgotten_is_sent_the_picture_again():
    pictures = sent(A, B)
    pictures.found([A], BY_UUID)
    pictures.missed([A], BY_UUID, counts=True)
    assert pictures.ways([A]) == [NAMED]
    assert pictures.ways([B])[0].known  # one call tries whether it still has the other


def test_three_misses_with_no_find_between_are_enough():
    pictures = sent(A)
    for _ in range(3):
        assert pictures.ways([A])[0].known
        pictures.missed([A], BY_UUID, counts=True)
        pictures.found([A], NAMED)
    assert pictures.ways([A]) == [PLAIN]


def test_a_server_that_is_busy_says_nothing_of_its_pictures():
    pictures = sent(A)
    for _ in range(5):
        assert pictures.ways([A])[0].known
        pictures.missed([A], BY_UUID, counts=False)
        pictures.found([A], NAMED)


def test_only_so_many_pictures_are_remembered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(openai_servers, "PICTURES_KNOWN", 1)
    pictures = sent(A, B)
    assert pictures.ways([A])[0] == NAMED
    assert "bb" in pictures.ways([B])[0].known


def test_a_url_may_carry_its_limit():
    assert url_and_limit("http://h:1,32", 64) == (Address("http://h:1/v1"), 32)
    assert url_and_limit("http://h:1", 64) == (Address("http://h:1/v1"), 64)
    for text in ("http://h:1,", "http://h:1,0", "http://h:1,many"):
        with pytest.raises(ValueError, match="give a number of at least 1"):
            url_and_limit(text, 64)


def test_a_call_from_before_the_first_answer_is_held_to_what_turns_out_usual():
    async def hang() -> float:
        server, began = Server(Address("http://127.0.0.1:1"), 4), time.monotonic()
        asyncio.get_running_loop().call_later(0.05, server.took, 0.01)  # another call is answered, in 10 ms
        with pytest.raises(TimeoutError):
            async with server.in_time(0, longest=120):
                await asyncio.sleep(120)
        return time.monotonic() - began

    assert asyncio.run(hang()) < 60  # max(10 * 0.01, 0.5) = 0.5 s after it began, not 120
