import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from annotation.models import Judgment, Study
from api.models import IdempotencyRecord
from tests.annotation.builders import study
from tests.api.builders import JSON, judge, program, send
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

DESIGN = {"name": "S", "runs": ["r1"], "items": 2, "overlap": 1}


@pytest.fixture
def rosa(researcher: User) -> Client:
    finished_run()
    return program(researcher)


def test_a_write_sent_twice_is_done_once(rosa: Client) -> None:
    first, again = (send(rosa, "studies", key="k", **DESIGN) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert Study.objects.count() == 1


def test_another_body_under_the_key_is_refused(rosa: Client) -> None:
    send(rosa, "studies", key="k", **DESIGN)
    refused = send(rosa, "studies", key="k", **DESIGN | {"name": "T"})
    assert (refused.status_code, "another request has come under it" in refused.json()["detail"]) == (422, True)


def test_another_address_under_the_key_is_refused(rosa: Client) -> None:
    made = send(rosa, "studies", key="k", **DESIGN).json()["study"]["id"]
    assert send(rosa, f"studies/{made}", key="k", method="patch", state="paused").status_code == 422


def test_what_was_refused_may_be_sent_again(rosa: Client) -> None:
    assert send(rosa, "studies", key="k", **DESIGN | {"items": 100}).status_code == 422
    assert not IdempotencyRecord.objects.exists()
    assert send(rosa, "studies", key="k", **DESIGN).status_code == 201


def test_a_key_belongs_to_its_token(rosa: Client, researcher: User) -> None:
    send(rosa, "studies", key="k", **DESIGN)
    assert send(program(researcher), "studies", key="k", **DESIGN | {"name": "T"}).status_code == 201
    assert send(program(User.objects.create(username="o", role="researcher")), "studies", key="k").status_code == 422


def test_a_key_is_forgotten_after_a_day(rosa: Client) -> None:
    send(rosa, "studies", key="k", **DESIGN)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
    refused = send(rosa, "studies", key="k", **DESIGN)
    assert refused.json()["detail"] == "There is a study named S already; choose another name"


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9"], ids=["empty", "long", "not ASCII"])
def test_a_key_that_is_none_is_refused(rosa: Client, key: str) -> None:
    refused = rosa.post("/api/v1/studies", DESIGN, content_type=JSON, headers={"Idempotency-Key": key})
    assert (refused.status_code, refused.json()["detail"][:16]) == (422, "Idempotency-Key:")


def test_a_reveal_is_told_again(annotator: User) -> None:
    made, anna = study(), program(annotator)
    told = judge(anna, made.pk, str(uuid4())).json()
    first, again = (send(anna, f"judgments/{told['id']}/audit", key="k", filter_right=True).json() for _ in range(2))
    assert first == again == told | {"filter_right": True, "audited_at": first["audited_at"]}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_done_one_after_the_other() -> None:
    researcher = User.objects.create(username="rosa", role="researcher")
    finished_run()
    rosa, answers = program(researcher), []

    def ask() -> None:
        answers.append(send(rosa, "studies", key="k", **DESIGN))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["study"]["id"] for answer in answers}) == 1
    assert (Study.objects.count(), Judgment.objects.count()) == (1, 0)
