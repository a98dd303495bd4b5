import json
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from annotation.design.services import study_set_state
from annotation.judging.allocation import item_next
from annotation.models import Judgment, Lease, Study
from distillation.models import Verdict
from tests.annotation.builders import participant, preference_study, save, study
from tests.api.builders import judge, program, send, take
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

SECRETS = ("Secret reason", "secret-run", "secret-model", "0.8765", "p_yes", "kept", "rejected", "verdict", "stratum")


@pytest.fixture
def blind(db: None) -> Study:
    made = study(run=finished_run(name="secret-run", model="secret-model"), items=3, strata=["relation", "verdict"])
    Verdict.objects.update(p_yes=0.8765)
    return made


@pytest.fixture
def anna(annotator: User) -> Client:
    return program(annotator)


def test_next_tells_nothing_of_verdict_model_or_run(anna: Client, blind: Study) -> None:
    answer = send(anna, f"studies/{blind.pk}/next")
    assert answer.json()["state"] == "item"
    assert [secret for secret in SECRETS if secret in answer.content.decode()] == []


def test_my_studies_tell_the_questions_and_nothing_of_the_run(anna: Client, blind: Study) -> None:
    answer = anna.get("/api/v1/my-studies")
    assert answer.json()["results"][0]["questions"][0]["text"] == "Is it plausible?"
    assert [secret for secret in SECRETS if secret in answer.content.decode()] == []


def test_a_saved_judgment_reveals_the_verdict(anna: Client, blind: Study) -> None:
    answer = judge(anna, blind.pk, str(uuid4()), comment="Well …", active_seconds=0.0)
    assert answer.status_code == 201
    told = answer.json()
    assert told["verdict"] == {
        "kept": True, "p_yes": 0.8765, "reason": told["verdict"]["reason"], "backend_note": "rules, no model",
    }  # fmt: skip
    assert (told["plausibility"], told["typicality"], told["comment"]) == (1, 2, "Well …")


def test_without_an_audit_nothing_is_revealed(anna: Client) -> None:
    made = study(audit_share=0.0)
    assert judge(anna, made.pk, str(uuid4())).json()["verdict"] is None


def test_the_same_submission_is_the_same_judgment(anna: Client, blind: Study) -> None:
    item, submission = take(anna, blind.pk)["item"]["id"], str(uuid4())
    rated = {"item": item, "version": 1, "submission": submission, "plausibility": 1, "typicality": 2}
    first, again = (send(anna, f"studies/{blind.pk}/judgments", **rated) for _ in range(2))
    assert first.json() == again.json()
    assert Judgment.objects.count() == 1


def test_the_next_item_waits_for_the_audit(anna: Client, blind: Study) -> None:
    judgment = judge(anna, blind.pk, str(uuid4())).json()["id"]
    owed = send(anna, f"studies/{blind.pk}/next")
    assert (owed.status_code, owed.json()["type"]) == (409, "urn:mindsite:audit-owed")
    found = anna.get(f"/api/v1/studies/{blind.pk}/judgments?to_audit=true").json()["results"]
    assert [each["id"] for each in found] == [judgment]
    audited = send(anna, f"judgments/{judgment}/audit", filter_right=False, reason="need")
    assert (audited.json()["filter_right"], audited.json()["audit_reason"]) == (False, "need")
    assert take(anna, blind.pk)["state"] == "item"


def test_a_reason_is_for_a_filter_that_was_wrong(anna: Client, blind: Study) -> None:
    judgment = judge(anna, blind.pk, str(uuid4())).json()["id"]
    refused = send(anna, f"judgments/{judgment}/audit", filter_right=True, reason="need")
    assert refused.status_code == 409
    assert "Choose one of the reasons" in refused.json()["detail"]


def test_an_item_that_is_not_mine_cannot_be_judged(anna: Client, blind: Study) -> None:
    theirs = item_next(participant=participant(blind, "other"))
    rated = {"item": theirs.item_id, "version": 1, "submission": str(uuid4()), "plausibility": 1, "typicality": 2}
    refused = send(anna, f"studies/{blind.pk}/judgments", **rated)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:mindsite:lease-gone")
    assert "This item is not yours any more" in refused.json()["detail"]


def test_a_rating_off_the_scale_is_unprocessable(anna: Client, blind: Study) -> None:
    refused = judge(anna, blind.pk, str(uuid4()), plausibility=7)
    assert (refused.status_code, refused.json()["detail"]) == (422, "Answer the question: Is it plausible?")


def test_a_missing_field_is_named(anna: Client, blind: Study) -> None:
    refused = send(anna, f"studies/{blind.pk}/judgments", item=1)
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"submission", "plausibility"}


def test_somebody_elses_judgment_is_not_found(anna: Client, blind: Study) -> None:
    theirs = save(item_next(participant=participant(blind, "other")))
    for method, what, body in (
        ("get", "", {}),
        ("post", "/audit", {"filter_right": True}),
        ("post", "/revisions", {"submission": str(uuid4()), "plausibility": 1, "typicality": 1}),
    ):
        assert send(anna, f"judgments/{theirs.pk}{what}", method=method, **body).status_code == 404
    assert anna.get(f"/api/v1/studies/{blind.pk}/judgments").json()["results"] == []


def test_a_change_after_the_reveal_stands_beside_the_blind_ratings(anna: Client, blind: Study) -> None:
    judgment = judge(anna, blind.pk, str(uuid4())).json()["id"]
    changed = send(
        anna, f"judgments/{judgment}/revisions", submission=str(uuid4()), plausibility=0, typicality=0, comment="Hm"
    )
    assert (changed.status_code, changed.json()["after_reveal"]) == (201, True)
    told = anna.get(f"/api/v1/judgments/{judgment}").json()
    assert (told["plausibility"], told["revisions"][0]["plausibility"], told["comment"]) == (1, 0, "Hm")


def test_a_skipped_item_goes_back(anna: Client, blind: Study) -> None:
    item = take(anna, blind.pk)["item"]["id"]
    assert send(anna, f"studies/{blind.pk}/skip", item=item, reason="cannot_tell").status_code == 204
    assert not Lease.objects.exists()
    assert take(anna, blind.pk)["item"]["id"] != item


def test_a_paused_study_gives_nothing(anna: Client, blind: Study) -> None:
    study_set_state(study=blind, state=Study.State.PAUSED)
    refused = send(anna, f"studies/{blind.pk}/next")
    assert refused.status_code == 409
    assert refused.json()["detail"] == "The study S is paused; what you have saved is kept"


def test_the_study_of_another_group_is_not_found(anna: Client, blind: Study) -> None:
    blind.groups.add(Group.objects.create(name="others"))
    refused = send(anna, f"studies/{blind.pk}/next")
    assert (refused.status_code, refused.json()["detail"]) == (404, "There is no such study for you.")
    assert anna.get("/api/v1/my-studies").json()["results"] == []


def test_the_end_is_told(anna: Client) -> None:
    made = study(items=1, overlap=1, audit_share=0.0)
    judge(anna, made.pk, str(uuid4()))
    assert take(anna, made.pk) == json.loads(
        '{"state": "finished", "version": 1, "item": null, "check": null, "lease_ends_at": null, "look_again_at": null,'
        ' "progress": {"done": 1, "total": 1}}'
    )


def test_what_others_have_in_hand_is_waited_for(anna: Client) -> None:
    made = study(items=1, overlap=1)
    lease = item_next(participant=participant(made, "other"))
    told = take(anna, made.pk)
    assert told["state"] == "waiting"
    assert told["look_again_at"] == lease.expires_at.isoformat().replace("+00:00", "Z")


def test_a_pair_is_compared(anna: Client, researcher: User) -> None:
    pairs = preference_study()
    item = take(anna, pairs.pk)["item"]
    assert item["intention"] is None
    asked = {"item": item["id"], "version": 1, "submission": str(uuid4())}
    assert send(anna, f"studies/{pairs.pk}/judgments", **asked, preference=9).status_code == 422
    saved = send(anna, f"studies/{pairs.pk}/judgments", **asked, preference=2).json()
    assert (saved["preference"], saved["plausibility"], saved["verdict"]) == (2, None, None)
    assert saved["item"]["right_intention"] == item["right_intention"] != item["left_intention"]
    revised = send(anna, f"judgments/{saved['id']}/revisions", submission=str(uuid4()), preference=3)
    assert revised.json()["preference"] == 3
    rosa = program(researcher)
    figures = rosa.get(f"/api/v1/studies/{pairs.pk}/preferences").json()
    assert (figures["answers"]["both_good"], figures["pairs"][0]["first"]) == (1, "run-a")
    assert rosa.get(f"/api/v1/studies/{pairs.pk}/figures").status_code == 404
