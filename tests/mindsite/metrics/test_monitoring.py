"""What is said of database, broker and worker is true."""

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from distillation.models import Worker
from mindsite.celery import app
from tests.annotation.builders import judge, participant, study

pytestmark = pytest.mark.django_db


def test_healthz_asks_nothing(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok\n"


def test_readyz_names_the_part_that_is_missing(client: Client, settings) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "ok"
    assert answer.json()["worker"] == "none is running; start one with manage.py worker"


def test_readyz_knows_a_living_worker(client: Client) -> None:
    Worker.objects.create(name="celery@here", seen_at=Now())
    assert client.get("/readyz?only=worker").json() == {"worker": "ok"}


def test_readyz_of_the_database_alone(client: Client) -> None:
    answer = client.get("/readyz?only=database")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok"})


def test_readyz_tells_a_broker_that_is_away(client: Client, settings) -> None:
    before, app.conf.broker_url = app.conf.broker_url, "redis://127.0.0.1:9/0"
    try:
        answer = client.get("/readyz?only=broker")
    finally:
        app.conf.broker_url = before
    assert answer.status_code == 503
    assert answer.json()["broker"].startswith("can't be reached")


def test_readyz_refuses_a_part_that_there_is_not(client: Client) -> None:
    assert client.get("/readyz?only=moon").status_code == 400


def test_metrics_count_what_is_in_the_database(client: Client, administrator: User) -> None:
    judge(participant(study(items=2, overlap=1)))
    client.force_login(administrator)
    text = client.get("/metrics").content.decode()
    assert "mindsite_judgments 1.0" in text
    assert 'mindsite_studies{state="open"} 1.0' in text


def test_a_prometheus_comes_with_its_token(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "a-secret-of-the-test"
    assert client.get("/metrics", headers={"authorization": "Bearer a-secret-of-the-test"}).status_code == 200
    assert client.get("/metrics", headers={"authorization": "Bearer another"}).status_code == 403


def test_without_a_token_setting_an_empty_token_opens_nothing(client: Client, settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 403
