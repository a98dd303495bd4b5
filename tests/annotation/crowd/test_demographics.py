"""What annotators are asked of themselves: by choice, once, after the consent; a file of its own; gone when erased."""

import csv
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Deed, User
from annotation.design.protocol import StudyRefused, protocol_change
from annotation.desk.erasing import person_erase
from annotation.judging.allocation import item_next
from annotation.judging.confirming import demographics_save
from annotation.judging.refusals import ConfirmOwed, JudgingRefused
from annotation.models import Demographics, Lease, Participant, Study
from tests.annotation.builders import judge, participant, study
from tests.annotation.pages import post, text, url
from tests.api.builders import program, send
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db
SAID = {"age": "25-34", "country": "unsaid"}


def asking(**more) -> Study:
    return study(demographics=["country", "age"], **more)


def test_they_are_asked_after_the_consent_and_once(as_annotator: Client) -> None:
    made = asking(consent="We keep what you rate.")
    assert "How old are you?" not in text(as_annotator.get(url("page", made)))
    page = post(as_annotator, "confirm", made, version=1, consent="on")
    assert "How old are you?" in text(page) and "Your gender" not in text(page)
    assert "Is it plausible?" in text(post(as_annotator, "about", made, **SAID))
    post(as_annotator, "about", made, age="65+", country="DE")  # a second click
    assert Demographics.objects.get().answers == SAID


@pytest.mark.parametrize(
    ("said", "why"),
    [({"age": "25-34"}, "Where do you live"), ({"age": "old", "country": "DE"}, "How old"), ({}, "How old")],
)
def test_each_is_answered_or_left_unsaid(as_annotator: Client, said: dict, why: str) -> None:
    made = asking()
    page = post(as_annotator, "about", made, **said)
    assert page.status_code == 409 and f"Answer “{why}" in text(page)
    assert ('value="25-34" required checked' in page.content.decode()) == ("25-34" in said.values())
    assert not Demographics.objects.exists()


def test_what_is_not_asked_is_not_kept() -> None:
    who = participant(asking())
    with pytest.raises(JudgingRefused, match="gender is not asked here"):
        demographics_save(participant=who, answers={**SAID, "gender": "woman"})
    demographics_save(participant=participant(study(name="T", run=who.study.runs.get())), answers={})
    assert not Demographics.objects.exists()


def test_no_item_before_the_answers_and_none_kept_from_who_has_one() -> None:
    made = study()
    who = participant(made)
    lease = item_next(participant=who)
    protocol_change(study=made, by=None, demographics=["age"])
    with pytest.raises(ConfirmOwed, match="about yourself"):
        item_next(participant=who)
    demographics_save(participant=who, answers={"age": "unsaid"})
    assert item_next(participant=who) == lease


def test_programs_tell_them_with_the_consent(annotator: User) -> None:
    made, anna = asking(), program(annotator)
    assert send(anna, f"studies/{made.pk}/next").json()["type"] == "urn:mindsite:confirm-owed"
    assert send(anna, f"studies/{made.pk}/confirm", version=1, demographics={"age": "x"}).status_code == 409
    assert send(anna, f"studies/{made.pk}/confirm", version=1, demographics=SAID).status_code == 204
    assert send(anna, f"studies/{made.pk}/next").json()["state"] == "item"


def rows(client: Client, made: Study) -> list[dict]:
    answer = client.get(reverse("study-demographics", args=[made.pk]))
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


def test_the_file_is_keyed_by_pseudonym(as_researcher: Client) -> None:
    made = asking()
    who = participant(made)
    demographics_save(participant=who, answers=SAID)
    (row,) = rows(as_researcher, made)
    assert row.pop("answered_at").endswith("Z")
    asked = {"age": "25-34", "gender": "", "country": "unsaid", "language": "", "shopping": ""}
    assert row == {"study": "S", "annotator": who.pseudonym, **asked, "counts": "true"}
    assert Deed.objects.get(kind=Deed.Kind.EXPORT).details["what"] == "demographics"


@pytest.mark.parametrize("judgments", ["keep", "remove"])
def test_they_go_with_the_person(judgments: str, researcher: User) -> None:
    who = participant(asking())
    demographics_save(participant=who, answers=SAID)
    judge(who)
    person_erase(person=who.annotator, judgments=judgments, comments="remove", by=researcher)
    assert (Participant.objects.count(), Demographics.objects.count()) == (int(judgments == "keep"), 0)


@pytest.mark.parametrize("names", [["height"], "age", [3]])
def test_only_the_preset_questions_are_asked(names: object) -> None:
    with pytest.raises(StudyRefused, match="Demographics"):
        study(demographics=names)
    assert not Study.objects.exists()


def test_the_choice_is_made_by_command_page_and_api(as_researcher: Client, researcher: User) -> None:
    run = finished_run()
    call_command("create_study", "S", "--run", run.name, "--items", "2", "--demographics", "shopping, age")
    made = Study.objects.get()
    assert made.demographics == ["age", "shopping"]
    page = as_researcher.get(reverse("study-protocol", args=[made.pk])).content.decode()
    assert 'name="demographics" value="age" id="id_demographics_0" checked' in page
    asked = {"name": "U", "runs": [run.name], "items": 2, "overlap": 1, "demographics": ["gender"]}
    assert send(program(researcher), "studies", **asked).json()["study"]["demographics"] == ["gender"]
    with pytest.raises(CommandError, match="'height' is not asked here"):
        call_command("create_study", "T", "--run", run.name, "--items", "2", "--demographics", "height")
    assert not Lease.objects.exists()
