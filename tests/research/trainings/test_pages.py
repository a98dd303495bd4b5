from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from research.models import Training
from research.trainings.services import events_write, training_claim, training_end
from tests.annotation.pages import text
from tests.api.builders import program
from tests.research.trainings.builders import DONE, STARTED, loss, training

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(tmp_path: Path) -> Training:
    found = training(tmp_path)
    training_claim(training=found, worker="train.celery@gpu-1", by_worker=False)
    valid = {"event": "validation", "at": 10.0, "step": 10, "loss": 1.25}
    events_write(training=found, events=[STARTED, loss(5, 2.0), loss(10, 1.5), valid])
    return found


def shown(client: Client, name: str, *args: str, **query: str) -> str:
    answer = client.get(reverse(f"training-{name}", args=args), query)
    assert answer.status_code == 200
    return text(answer)


def test_none_yet_says_how(as_researcher: Client) -> None:
    assert "manage.py finetune NAME --data DIR --base PATH" in shown(as_researcher, "list")


def test_one_under_way(as_researcher: Client, made: Training) -> None:
    page = shown(as_researcher, "detail", made.name)
    assert "Step 10 of 20 by train.celery@gpu-1. Ends in about 10 s." in page  # 5 s for 5 steps, 10 are left
    assert "Validation loss 1.250 the lowest so far" in page
    assert "1 left out with nothing to learn" in page
    assert "Step 10 of 20" not in shown(as_researcher, "list") and "10 of 20" in shown(as_researcher, "list")


def test_nothing_new_is_no_answer(as_researcher: Client, made: Training) -> None:
    where = reverse("training-progress", args=[made.name])
    assert as_researcher.get(where, {"revision": "running-10-3"}).status_code == 204
    assert as_researcher.get(where, {"revision": "running-5-1"}).status_code == 200


def test_paused_resumed_cancelled(as_researcher: Client, made: Training) -> None:
    for asked, state in (("paused", "paused"), ("waiting", "waiting"), ("cancelled", "cancelled"), ("x", "cancelled")):
        as_researcher.post(reverse("training-state", args=[made.name]), {"state": asked})
        made.refresh_from_db()
        assert made.state == state
    assert list(made.notes.values_list("text", flat=True))[1:] == ["Paused by rosa.", "Cancelled by rosa."]


def test_waiting_for_a_worker_that_is_not_there(as_researcher: Client, made: Training) -> None:
    Training.objects.update(state=Training.State.WAITING)
    page = shown(as_researcher, "detail", made.name)
    assert "No worker takes trainings now." in page and "manage.py finetune t --resume" in page


def test_done(as_researcher: Client, made: Training) -> None:
    events_write(training=made, events=[DONE])
    training_end(training=made, state=Training.State.DONE)
    page = shown(as_researcher, "detail", made.name)
    assert "vllm serve tiny --enable-lora" in page and DONE["sha256"] in page
    curve = as_researcher.get(reverse("training-csv", args=[made.name])).content.decode().splitlines()
    assert curve[1] == "5,train,2.0,0.1,500,50.0" and len(curve) == 4


def test_by_the_api(researcher: User, made: Training) -> None:
    client = program(researcher)
    (listed,) = client.get("/api/v1/trainings").json()["results"]
    assert (listed["name"], listed["step"], listed["steps"], listed["state"]) == ("t", 10, 20, "running")
    assert client.get("/api/v1/trainings/t").json()["facts"]["device"] == "CPU, 1 threads"
    points = client.get("/api/v1/trainings/t/curve").json()["results"]
    assert sorted((each["kind"], each["step"]) for each in points) == [("train", 5), ("train", 10), ("validation", 10)]
