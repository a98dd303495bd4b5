"""Many come by one link at the same moment: never more than there are places, and words for all others."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.links import link_make
from accounts.models import Link, User
from annotation.models import Participant
from tests.annotation.builders import study


@pytest.fixture(autouse=True)
def nobody_has_come() -> None:
    cache.clear()


def a_link(by: User, places: int) -> tuple[Link, str]:
    more = {"valid": timedelta(days=1), "study": study(), "places": places}
    return link_make(kind=Link.Kind.CROWD, by=by, **more)


def come(token: str, number: int, **headers: str) -> HttpResponse:
    try:
        return Client().post(f"/crowd/{token}/?PROLIFIC_PID=w{number}", **headers)
    finally:
        if not connection.in_atomic_block:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_rush_gets_the_places_that_there_are(researcher: User) -> None:
    # 60 come, four at once: 7 get in, 53 are told that the link is used up.
    link, token = a_link(researcher, places=7)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda number: come(token, number), range(60)))
    assert Counter(answer.status_code for answer in answers) == {302: 7, 403: 53}
    assert all("used up" in answer.content.decode() for answer in answers if answer.status_code == 403)
    link.refresh_from_db()
    assert (link.n_used, Participant.objects.filter(place="held").count()) == (7, 7)
    assert User.objects.exclude(crowd_id="").count() == 7


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["CROWD_JOINS", "CROWD_JOINS_ADDRESS"])
def test_too_many_in_a_minute_are_asked_to_wait(researcher: User, settings: object, limit: str) -> None:
    setattr(settings, limit, 2)
    _, token = a_link(researcher, places=10)
    first, _second, third = (come(token, number) for number in range(3))
    assert (first.status_code, third.status_code) == (302, 429)
    assert "wait a minute, then press the button again" in third.content.decode()
    assert 1 <= int(third["Retry-After"]) <= 60
    assert not User.objects.filter(crowd_id="w2").exists()


@pytest.mark.django_db
def test_who_has_a_place_comes_back_in_the_rush(researcher: User, settings: object) -> None:
    settings.CROWD_JOINS = 1
    _, token = a_link(researcher, places=10)
    client = Client()
    addresses = [f"/crowd/{token}/?PROLIFIC_PID={name}" for name in ("w1", "w1", "w2")]
    assert [client.post(address).status_code for address in addresses[:2]] == [302, 302]
    assert Client().post(addresses[2]).status_code == 429


@pytest.mark.django_db
def test_a_full_link_gives_what_nobody_came_back_for(researcher: User) -> None:
    _, token = a_link(researcher, places=1)
    assert [come(token, number).status_code for number in range(2)] == [302, 403]
    Participant.objects.update(place_until=timezone.now() - timedelta(seconds=1))
    assert come(token, 1).status_code == 302
