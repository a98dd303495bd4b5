"""Who did what is written down beside the deed, and read by administrators."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.links import sign_in_link_make
from accounts.models import Deed, User
from accounts.trail import line_add
from annotation.judging.quality.interventions import participant_exclude
from distillation.runs.changes import run_set_strictness
from tests.annotation.builders import participant, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


def deeds() -> list[tuple]:
    return list(Deed.objects.order_by("pk").values_list("kind", "by__username", "person__username", "about"))


def test_a_sign_in_link_is_a_line_without_the_link(annotator: User, researcher: User) -> None:
    token = sign_in_link_make(person=annotator, by=researcher)
    assert deeds() == [("link.made", "rosa", "anna", "")]
    assert token not in str(Deed.objects.values().get())


def test_an_exclusion_names_the_account_and_not_the_reason(annotator: User, researcher: User) -> None:
    participant_exclude(participant=participant(study(), "anna"), reason="Anna cheats", by=researcher)
    assert deeds() == [("annotator.excluded", "rosa", "anna", "S")]
    assert "cheats" not in str(Deed.objects.values().get())


def test_strictness_keeps_what_was_before() -> None:
    run = finished_run()
    run_set_strictness(run=run, strictness=0.75)
    assert Deed.objects.get().details == {"before": 0.5, "now": 0.75}


def test_each_export_and_each_state_is_a_line(as_researcher: Client) -> None:
    made = study()
    b"".join(as_researcher.get(reverse("study-export", args=[made.pk])).streaming_content)
    as_researcher.get(reverse("study-skips", args=[made.pk]))
    as_researcher.get(reverse("knowledge-download"), {"run": "r1", "format": "csv"})
    as_researcher.post(reverse("study-state", args=[made.pk]), {"state": "closed"})
    assert deeds() == [
        ("export", "rosa", None, "S"),
        ("export", "rosa", None, "S"),
        ("export", "rosa", None, "r1"),
        ("study.state", "rosa", None, "S"),
    ]


def test_the_page_is_for_administrators_and_filters(administrator: User, as_researcher: Client) -> None:
    as_researcher.post(reverse("study-state", args=[study().pk]), {"state": "closed"})
    browser, page = Client(), reverse("people-trail")
    browser.force_login(administrator)
    assert as_researcher.get(page).status_code == 403
    assert "opened, paused or closed a study</td>" in browser.get(page, {"about": "s"}).content.decode()
    assert "No line" in browser.get(page, {"kind": "export"}).content.decode()
    assert browser.get(page, {"kind": "x", "page": "-1", "about": "\x00"}).status_code == 200


def test_a_deed_is_a_line_of_json_without_names(
    annotator: User, researcher: User, settings, tmp_path: Path,
    django_capture_on_commit_callbacks: Callable,
) -> None:  # fmt: skip
    settings.AUDIT_LOG = tmp_path / "log" / "audit.jsonl"
    with django_capture_on_commit_callbacks(execute=True):
        participant_exclude(participant=participant(study(), "anna"), reason="Anna cheats", by=researcher)
    told, deed = json.loads(settings.AUDIT_LOG.read_text()), Deed.objects.get()
    assert (told["deed"], told["kind"], told["about"], told["details"]) == (deed.pk, deed.kind, "S", deed.details)
    assert (told["by"], told["person"]) == (researcher.pk, annotator.pk)
    assert datetime.fromisoformat(told["at"]) - deed.at < timedelta(milliseconds=1)
    assert not {"anna", "rosa"} & set(json.dumps(told).lower().split('"'))


def test_a_file_that_cannot_be_written_stops_no_deed(
    researcher: User, settings, caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Callable,
) -> None:  # fmt: skip
    settings.AUDIT_LOG = Path("/proc/audit.jsonl")
    with django_capture_on_commit_callbacks(execute=True):
        sign_in_link_make(person=researcher, by=researcher)
    assert Deed.objects.count() == 1
    assert "/proc/audit.jsonl can't be written" in caplog.text


def test_a_full_file_is_put_aside_and_few_are_kept(tmp_path: Path) -> None:
    for n in range(8):
        line_add(tmp_path / "audit.jsonl", str(n), most=4, kept=2)  # two lines of two bytes fill it
    found = {path.name: path.read_text().split() for path in tmp_path.glob("audit.jsonl*")}
    assert found == {
        "audit.jsonl": ["6", "7"], "audit.jsonl.1": ["4", "5"], "audit.jsonl.2": ["2", "3"], "audit.jsonl.lock": []
    }  # fmt: skip
