"""What crowd workers and adjudicators reach, and what comes in mid-work, in German and Spanish."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.links import link_make
from accounts.models import Link, User
from annotation.design.protocol import protocol_change
from annotation.desk.sending_back import judgments_send_back
from annotation.models import Judgment, Participant, Study
from distillation.models import Exposure, Run
from distillation.runs.exposure import exposure_record
from tests.annotation.builders import study, study_of_ties_and_errors
from tests.annotation.judging.languages.walking import Get, by, checked, sent
from tests.annotation.pages import post, rate, url

pytestmark = pytest.mark.django_db


def entries(researcher: User, settings: Settings) -> Iterator[tuple[str, Get]]:
    made, day = study(cap=3, terms="Mindsite"), timedelta(days=1)
    crowd = {"kind": Link.Kind.CROWD, "by": researcher, "valid": day, "study": made, "places": 1}
    token, anybody, worker = link_make(**crowd)[1], Client(), Client()
    entry = f"{reverse('crowd-entry', args=[token])}?PROLIFIC_PID="
    yield "lacks the id", by(anybody, reverse("crowd-entry", args=[token]))
    yield "no id", by(anybody, entry + "x" * 300)
    yield "entry", by(anybody, entry + "w1")
    worker.post(entry + "w1")
    yield "return code shown", by(worker, reverse("judge-page", args=[made.pk]))
    yield "return code asked", sent(anybody, entry + "w1")
    yield "wrong return code", sent(anybody, entry + "w1", code="no")
    yield "no place left", sent(anybody, entry + "w2")
    settings.CROWD_JOINS = 0
    yield "a rush", sent(anybody, entry + "w2")
    yield "pause of a worker", by(worker, reverse("judge-pause", args=[made.pk]))
    Study.objects.update(state="closed")
    yield "closed", by(anybody, entry + "w3")


def test_crowd_entry(researcher: User, settings: Settings) -> None:
    assert checked(entries(researcher, settings)) == {}


def ends(client: Client, made: Study) -> Iterator[tuple[str, Get]]:
    page = by(client, url("page", made))
    rate(client, made)
    post(client, "audit", made, judgment=Judgment.objects.get().pk, answer="right")
    Study.objects.update(cap=1)
    yield "complete", page
    Study.objects.update(cap=0, state="closed")
    yield "partial", page
    Study.objects.update(state="open", deadline=timezone.now() - timedelta(days=1))
    yield "after the deadline", page
    Study.objects.update(deadline=timezone.now() + timedelta(days=1), reminder="Mindsite")
    yield "before the deadline", page
    yield "home with a deadline", by(client, reverse("judge-home"))
    Participant.objects.update(state="unqualified")
    yield "screened out", page


def test_ends_with_their_codes(as_annotator: Client) -> None:
    assert checked(ends(as_annotator, study(items=3, overlap=1))) == {}


def in_mid_work(client: Client, made: Study, researcher: User) -> Iterator[tuple[str, Get]]:
    page = by(client, url("page", made))
    client.get(url("page", made))
    post(client, "skip", made, item=made.items.get(leases__isnull=False).pk, reason="cannot_tell")
    yield "after a skip", by(client, f"{url('page', made)}&skipped=1")
    rate(client, made)
    given = Judgment.objects.get()
    post(client, "audit", made, judgment=given.pk, answer="right")
    judgments_send_back(study=made, judgments=[given.pk], word="Mindsite", by=researcher)
    yield "sent back", page
    yield "what was sent back", by(client, reverse("judge-own-item", args=[made.pk, given.pk]))
    protocol_change(study=made, by=None, guidelines="Mindsite", terms="A", cap=9)
    yield "changed guidelines", page
    yield "not confirmed", sent(client, reverse("judge-confirm", args=[made.pk]), version=1)
    yield "saved by the old version", sent(client, reverse("judge-save", args=[made.pk]), item=1, submission="x")


def test_what_comes_in_mid_work(as_annotator: Client, researcher: User) -> None:
    assert checked(in_mid_work(as_annotator, study(items=4, overlap=1), researcher)) == {}


@pytest.mark.parametrize("seen", Study.Seen.values)
def test_who_has_seen_verdicts(as_annotator: Client, annotator: User, seen: str) -> None:
    made = study(seen=seen)
    exposure_record(user=annotator, runs=[Run.objects.get().pk], where=Exposure.Where.FILE)
    pages = [("introduction", reverse("judge-page", args=[made.pk])), ("item", url("page", made))]
    assert checked((state, by(as_annotator, address)) for state, address in pages) == {}


def adjudicator_s(client: Client, made: Study) -> Iterator[tuple[str, Get]]:
    address = reverse("judge-adjudicate", args=[made.pk])
    yield "home", by(client, reverse("judge-home"))
    yield "contested", by(client, address)
    made.items.all().delete()
    yield "nothing left", by(client, address)


def test_adjudication(as_annotator: Client, annotator: User) -> None:
    made = study_of_ties_and_errors()
    Study.objects.update(adjudicator=annotator)
    assert checked(adjudicator_s(as_annotator, made)) == {}
