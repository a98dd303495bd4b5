"""The version that was answered: what was shown is what is stored, and changes are read before one goes on."""

import json
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from annotation.design.protocol import protocol_change
from annotation.design.versions import versions_of
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.recording import export_start
from annotation.judging.allocation import item_next
from annotation.judging.confirming import participant_confirm
from annotation.judging.participants import participant_get
from annotation.judging.refusals import ConfirmOwed, JudgingRefused, VersionChanged
from annotation.judging.writing import judgment_save
from annotation.models import Judgment, Participant, Study
from annotation.recheck.check import figures_check
from annotation.selection import Selection
from tests.annotation.builders import judge, participant, study
from tests.annotation.pages import HTMX, lease_of, post, text, url
from tests.api.builders import program, send, take

pytestmark = pytest.mark.django_db
RATED = {"plausibility": 1, "typicality": 2}


@pytest.fixture
def made(annotator: User) -> Study:
    return study(items=4, guidelines="Look at both.\nBe quick.")


def changed(made: Study, **more) -> Study:
    return protocol_change(study=made, by=None, **(more or {"guidelines": "Look at both.\nTake your time."}))


def test_an_open_item_is_asked_again_after_a_change(as_annotator: Client, made: Study) -> None:
    as_annotator.get(url("page", made))
    item = lease_of(as_annotator).item_id
    changed(made, terms="Now 3 pounds")
    sent = {"item": item, "submission": uuid4(), **RATED}
    refused = post(as_annotator, "save", made, version=1, **sent)
    assert refused.status_code == 409
    assert "Time and pay: Now 3 pounds" in text(refused)
    assert refused.context["values"]["typicality"] == 2  # what was answered is still there
    assert 'name="version" value="2"' in refused.content.decode()
    post(as_annotator, "save", made, version=2, **sent)
    assert Judgment.objects.get().version == 2


@pytest.mark.parametrize("version", ["", 0, 9, -1])
def test_a_version_that_never_was_is_refused(as_annotator: Client, made: Study, version: object) -> None:
    as_annotator.get(url("page", made))
    sent = {"item": lease_of(as_annotator).item_id, "submission": uuid4(), "version": version, **RATED}
    refused = post(as_annotator, "save", made, **sent)
    assert (refused.status_code, "has no version" in text(refused)) == (409, True)
    assert not Judgment.objects.exists()


def test_what_was_saved_before_the_change_is_not_asked_again(made: Study) -> None:
    who, submission = participant(made), uuid4()
    sent = {"participant": who, "item_id": item_next(participant=who).item_id, "submission": submission, **RATED}
    first = judgment_save(version=1, **sent)
    changed(made)
    assert judgment_save(version=1, **sent) == first  # a repeated submit


def test_new_guidelines_are_read_once(as_annotator: Client, made: Study) -> None:
    as_annotator.get(url("page", made))
    changed(made)
    page = as_annotator.get(url("page", made))
    assert "New: Take your time." in text(page) and "No longer: Be quick." in text(page)
    assert "Be quick" not in page.content.decode().split('id="guidelines"')[1]
    post(as_annotator, "confirm", made, version=2)
    assert "Is it plausible?" in text(as_annotator.get(url("page", made)))
    assert Participant.objects.get().guidelines_version == 2


def test_the_answers_outlast_the_reading(as_annotator: Client, made: Study) -> None:
    as_annotator.get(url("page", made))
    item = lease_of(as_annotator).item_id
    changed(made)
    refused = post(as_annotator, "save", made, item=item, submission=uuid4(), version=1, comment="Hm", **RATED)
    assert refused.context["state"] == "confirm"
    again = post(
        as_annotator,
        "confirm",
        made,
        version=2,
        **{name: value for name, value in refused.context["values"].items() if value is not None},
    )
    assert (again.context["item"]["id"], again.context["values"]["comment"]) == (item, "Hm")


def test_who_joins_after_the_change_has_nothing_to_read(made: Study) -> None:
    judge(participant(made, "first"))
    now = changed(made)
    assert item_next(participant=participant(now, "late")).item_id


def test_consent_is_accepted_before_the_first_item(as_annotator: Client, annotator: User) -> None:
    made = study(consent="We keep **what you rate**.")
    assert "what you rate" in text(as_annotator.get(url("page", made)))
    with pytest.raises(ConfirmOwed):
        item_next(participant=participant_get(study_id=made.pk, annotator=annotator))
    assert "Accept the text" in text(post(as_annotator, "confirm", made, version=1))
    assert "Is it plausible?" in text(post(as_annotator, "confirm", made, version=1, consent="on"))
    kept = Participant.objects.get()
    assert kept.consent_version == 1 and kept.consented_at
    changed(made, consent="We keep less.")
    assert "We keep less." in text(as_annotator.get(url("page", made)))


def test_a_text_that_has_changed_meanwhile_is_not_confirmed(made: Study) -> None:
    who = participant(made)
    judge(who)
    changed(made)
    with pytest.raises(VersionChanged):
        participant_confirm(participant=who, version=1)
    with pytest.raises(JudgingRefused, match="have changed"):
        item_next(participant=who)


def test_programs_hear_of_the_changes(annotator: User, made: Study) -> None:
    anna = program(annotator)
    found = take(anna, made.pk)
    assert found["version"] == 1
    changed(made)
    sent = {"item": found["item"]["id"], **RATED}
    for version in ({}, {"version": 1}):
        told = send(anna, f"studies/{made.pk}/judgments", submission=str(uuid4()), **sent, **version)
        assert (told.status_code, told.json()["type"], told.json()["version"]) == (
            409,
            "urn:mindsite:version-changed",
            2,
        )
    assert told.json()["changes"][0]["what"] == "guidelines"
    assert send(anna, f"studies/{made.pk}/next").json()["type"] == "urn:mindsite:confirm-owed"
    assert send(anna, f"studies/{made.pk}/confirm", version=2).status_code == 204
    saved = send(anna, f"studies/{made.pk}/judgments", submission=str(uuid4()), version=2, **sent)
    assert (saved.status_code, Judgment.objects.get().version) == (201, 2)


def test_the_confirmation_is_part_of_the_page_for_htmx(as_annotator: Client, made: Study) -> None:
    as_annotator.get(url("page", made))
    changed(made)
    assert "<html" not in as_annotator.get(url("page", made), headers=HTMX).content.decode()


@pytest.fixture
def thrice(made: Study) -> Study:
    """Two judgments under version 1, none under version 2, one under version 3."""
    who = participant(made)
    judge(who), judge(who)
    for terms in ("3 pounds", "4 pounds"):
        made = changed(made, terms=terms)
    judge(participant_get(study_id=made.pk, annotator=who.annotator), 0, 0)
    return made


@pytest.mark.parametrize(("asked", "n"), [("1", 2), ("3", 1), ("1,3", 3), ("2-3", 1), ("1-3", 3), ("2", 0)])
def test_figures_and_exports_are_limited_to_versions(
    as_researcher: Client, researcher: User, thrice: Study, asked: str, n: int
) -> None:
    chosen = Selection(version=versions_of(thrice, asked))
    assert chosen.judgments(thrice).count() == n
    _, pieces = export_start(study=thrice, options=Options(selection=chosen))
    assert len(b"".join(pieces).splitlines()) == 1 + n
    page = as_researcher.get(f"/studies/{thrice.pk}/", {"version": asked})
    assert f"{n} of 8 judgments" in text(page) and "Protocol versions" in text(page)
    told = program(researcher).get(f"/api/v1/studies/{thrice.pk}/figures?version={asked}").json()
    call_command("study_stats", "S", study_version=asked, json=True, stdout=(printed := StringIO()))
    assert (told["judgments"], json.loads(printed.getvalue())["judgments"]) == (n, n)


def test_an_export_recomputes_several_versions(thrice: Study) -> None:
    choices = [Selection(version=numbers) for numbers in ((1, 3), (2, 3))]
    check = figures_check(thrice, choices=choices, only={"figures", "confusion"})
    assert check.differences == [] and check.numbers > 0


@pytest.mark.parametrize("asked", ["4", "0", "3-1", "one", "1;3", "1-99999", "9" * 50])
def test_versions_that_never_were_are_refused_everywhere(
    as_researcher: Client, researcher: User, thrice: Study, asked: str
) -> None:
    where, exported = f"/studies/{thrice.pk}/", reverse("study-export", args=[thrice.pk])
    assert as_researcher.get(where, {"version": asked}).status_code == 400
    assert as_researcher.get(exported, {"format": "csv", "version": asked}).status_code == 400
    for route in ("figures", "export"):
        answer = program(researcher).get(f"/api/v1/studies/{thrice.pk}/{route}", {"version": asked})
        assert (answer.status_code, "version" in answer.json()["errors"]) == (400, True)
    for command in ("study_stats", "export_judgments", "check_figures"):
        with pytest.raises(CommandError, match="version"):
            call_command(command, "S", study_version=asked)
