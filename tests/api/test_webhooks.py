import pytest
from django.test import Client

from accounts.models import User
from api.models import IdempotencyRecord
from tests.api.builders import program, send
from webhooks.models import Delivery, Event, Webhook

pytestmark = pytest.mark.django_db

ASKED = {"url": "https://example.org/hook", "events": ["run.finished"]}


@pytest.fixture
def ada(administrator: User) -> Client:
    return program(administrator)


def test_the_secret_is_told_once(ada: Client) -> None:
    made = send(ada, "webhooks", **ASKED)
    assert made.status_code == 201
    assert made.json()["secret"] == Webhook.objects.get().secret
    (listed,) = ada.get("/api/v1/webhooks").json()["results"]
    assert listed == {name: value for name, value in made.json().items() if name != "secret"}
    assert (listed["url"], listed["events"], listed["created_by"]) == (*ASKED.values(), "ada")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "ftp://example.org/x"}, "ftp://example.org/x: "),
        ({"events": ["nothing"]}, 'events.0: "nothing" is not a valid choice.'),
        ({"events": []}, "events: "),
    ],
)
def test_what_cannot_be_told_is_refused(ada: Client, changed: dict, words: str) -> None:
    refused = send(ada, "webhooks", **ASKED | changed)
    assert (refused.status_code, refused.json()["detail"].startswith(words)) == (422, True), refused.json()
    assert not Webhook.objects.exists()


def test_sent_twice_under_a_key_it_is_one(ada: Client) -> None:
    first, again = (send(ada, "webhooks", key="k", **ASKED).json() for _ in range(2))
    assert (first | {"secret": ""}) == again
    assert first["secret"] == Webhook.objects.get().secret


def test_no_record_of_an_answer_holds_the_secret(ada: Client) -> None:
    secret = send(ada, "webhooks", key="k", **ASKED).json()["secret"]
    assert secret not in str(IdempotencyRecord.objects.get().body)


def test_deliveries_are_those_of_the_webhook_the_newest_first(ada: Client) -> None:
    one, other = (Webhook.objects.create(url=ASKED["url"], events=[Event.RUN_FINISHED]) for _ in range(2))
    made = [
        Delivery.objects.create(webhook=hook, event=Event.RUN_FINISHED, key=key, payload={"run": key})
        for hook, key in ((one, "a"), (other, "a"), (one, "b"))
    ]
    told = ada.get(f"/api/v1/webhooks/{one.pk}/deliveries").json()["results"]
    assert [each["id"] for each in told] == [made[2].pk, made[0].pk]
    assert (told[0]["payload"], told[0]["state"], told[0]["tries"]) == ({"run": "b"}, "waiting", 0)


def test_a_removed_webhook_is_gone(ada: Client) -> None:
    where = f"webhooks/{send(ada, 'webhooks', **ASKED).json()['id']}"
    assert send(ada, where, method="delete").status_code == 204
    assert send(ada, where, method="delete").status_code == 404
    assert not Webhook.objects.exists()
