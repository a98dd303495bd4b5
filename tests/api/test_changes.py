"""Studies changed, extended and deleted; people erased; the trail read: by programs."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.recording import export_start
from annotation.models import Judgment, Study
from tests.annotation.builders import judge, participant, study
from tests.api.builders import program, send
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(researcher: User) -> Client:
    return program(researcher)


@pytest.fixture
def ada(administrator: User) -> Client:
    return program(administrator)


def test_a_study_is_changed_whole_or_not_at_all(rosa: Client) -> None:
    made = study(run=finished_run(4), items=4, overlap=2)
    refused = send(rosa, f"studies/{made.pk}", method="patch", name="Better", overlap=1)
    assert (refused.status_code, Study.objects.get().name) == (409, "S")
    asked = {"name": "Better", "overlap": 3, "add_items": 2, "deadline": "2999-01-01T00:00:00Z", "reminder": "Soon"}
    answer = send(rosa, f"studies/{made.pk}", method="patch", **asked).json()
    assert {name: answer[name] for name in ("name", "overlap", "n_items", "reminder")} == {
        "name": "Better", "overlap": 3, "n_items": 6, "reminder": "Soon",
    }  # fmt: skip
    assert send(rosa, f"studies/{made.pk}", method="patch").status_code == 422


def test_a_study_is_deleted_after_a_whole_export(rosa: Client, researcher: User) -> None:
    made = study()
    judge(participant(made))
    then = timezone.now() - timedelta(days=1)  # an export's moment is that of its transaction, here the test's
    Judgment.objects.update(created_at=then, audited_at=then)
    send(rosa, f"studies/{made.pk}", method="patch", state="closed")
    assert send(rosa, f"studies/{made.pk}", method="delete", name="S").status_code == 409
    _, pieces = export_start(study=made, options=Options(revisions=True), by=researcher)
    b"".join(pieces)
    assert send(rosa, f"studies/{made.pk}", method="delete", name="T").status_code == 409
    assert send(rosa, f"studies/{made.pk}", method="delete", name="S").status_code == 204
    assert not Study.objects.exists()


def test_a_person_is_erased_after_their_comments_were_shown(ada: Client, annotator: User) -> None:
    mine = judge(participant(study(), "anna"))
    type(mine).objects.update(comment="I am Anna")
    where = f"people/{annotator.pk}/erasure"
    assert ada.get(f"/api/v1/{where}").json()["comments"][0]["comment"] == "I am Anna"
    asked = {"judgments": "keep", "comments": "remove"}
    assert send(ada, where, username="ann", **asked).status_code == 409
    assert send(ada, where, username="anna", **asked).json() == {"studies": 1, "judgments": 1, "comments": 1}
    assert send(ada, where, username="anna", **asked).status_code == 404
    (line,) = [each for each in ada.get("/api/v1/trail").json()["results"] if each["kind"] == "person.erased"]
    assert (line["by"], line["person"]) == ("ada", None)
