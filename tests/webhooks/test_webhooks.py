"""Who asked for it is told once of each end, signed, and never at a private address."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import User
from annotation.models import Judgment
from distillation.models import Run
from tests.annotation.builders import judge, participant, study
from tests.distillation.builders import finished_run
from webhooks.models import Delivery, Event, Webhook
from webhooks.services import WAITS, WebhookRefused, deliveries_send, webhook_add, webhooks_announce

pytestmark = pytest.mark.django_db


class Listener(HTTPServer):
    status = 200

    def __init__(self) -> None:
        self.heard: list[tuple[dict, bytes]] = []
        super().__init__(("127.0.0.1", 0), Ear)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Ear(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def here_is_allowed(settings) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]


def made(url: str, administrator: User, events: list[str] | None = None) -> Webhook:
    webhook = webhook_add(url=url, events=events or list(Event.values), by=administrator)
    Webhook.objects.update(created_at=timezone.now() - timedelta(hours=1))
    return webhook


def ended_run() -> Run:
    run = finished_run(1)
    Run.objects.update(finished_at=Now())
    return run


def test_a_finished_run_is_told_once(listener: Listener, administrator: User, here_is_allowed: None) -> None:
    webhook = made(listener.url, administrator)
    ended_run()
    for _ in range(2):
        webhooks_announce()
        deliveries_send()
    ((headers, body),) = listener.heard
    assert json.loads(body)["type"] == "run.finished"
    assert json.loads(body)["data"]["run"] == "r1"
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(webhook.secret.encode(), signed, hashlib.sha256)).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"


def test_a_study_is_told_when_the_last_judgment_is_in(administrator: User) -> None:
    made("https://example.org/hook", administrator, [Event.STUDY_FINISHED])
    who = participant(study(items=2, overlap=1))
    judge(who)
    webhooks_announce()
    assert not Delivery.objects.exists()  # 1 of 2
    judge(who)
    webhooks_announce()
    assert Delivery.objects.get().payload["judgments"] == 2


def test_what_ended_before_the_webhook_is_not_told(administrator: User) -> None:
    ended_run()
    webhook_add(url="https://example.org/hook", events=[Event.RUN_FINISHED], by=administrator)
    webhooks_announce()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://169.254.169.254/latest", "http://[::1]/x"])
def test_private_addresses_are_never_reached(administrator: User, url: str) -> None:
    made(url, administrator)
    ended_run()
    webhooks_announce()
    assert deliveries_send() == 0
    assert "not a public address" in Delivery.objects.get().answer


def test_a_delivery_that_fails_is_tried_again_until_it_is_given_up(
    listener: Listener, administrator: User, here_is_allowed: None
) -> None:
    listener.status = 500
    made(listener.url, administrator)
    ended_run()
    webhooks_announce()
    for _ in range(len(WAITS) + 3):
        deliveries_send()
        Delivery.objects.update(due_at=Now())
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.answer) == ("failed", len(WAITS) + 1, "answered 500")


@pytest.mark.parametrize(
    ("url", "events", "says"),
    [
        ("ftp://example.org/x", ["run.finished"], "only http and https"),
        ("https://user:pass@example.org/", ["run.finished"], "user name or a password"),
        ("https://example.org/", ["nothing"], "There is no event nothing"),
        ("https://example.org/", [], "at least one event"),
    ],
)
def test_what_cannot_be_told_is_refused(administrator: User, url: str, events: list[str], says: str) -> None:
    with pytest.raises(WebhookRefused, match=says):
        webhook_add(url=url, events=events, by=administrator)


def test_an_administrator_adds_one_and_sees_its_secret_once(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    page = client.post("/webhooks/", {"url": "https://example.org/h", "events": ["run.finished"]})
    secret = Webhook.objects.get().secret
    assert secret in page.content.decode()
    assert secret not in client.get("/webhooks/").content.decode()


def test_a_wrong_address_is_said_at_its_field(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    page = client.post("/webhooks/", {"url": "gopher://x", "events": ["run.finished"]})
    assert "only http and https are fetched" in page.content.decode()
    assert not Webhook.objects.exists()


def test_a_removed_webhook_is_gone(client: Client, administrator: User) -> None:
    webhook = made("https://example.org/h", administrator)
    client.force_login(administrator)
    client.post(f"/webhooks/{webhook.pk}/remove")
    assert not Webhook.objects.exists()


def test_each_judgment_is_told_once_without_who_gave_it() -> None:
    made = study(items=2, overlap=1)
    who = participant(made)
    judge(who)  # before
    Webhook.objects.create(url="https://example.org/", events=[Event.JUDGMENT_SAVED])
    Webhook.objects.update(created_at=timezone.now())
    Judgment.objects.update(created_at=timezone.now() - timedelta(hours=1))
    later = judge(who, 1, 2)
    Judgment.objects.filter(pk=later.pk).update(created_at=timezone.now())
    webhooks_announce()
    webhooks_announce()
    told = Delivery.objects.get()
    assert (told.event, told.payload["judgment"], told.payload["answers"]) == (
        "judgment.saved", later.pk, {"plausibility": 1, "typicality": 2},
    )  # fmt: skip
    assert who.pseudonym not in str(told.payload) and "ann-1" not in str(told.payload)
