"""Each page that an annotator can reach, in German and Spanish: nothing on it is said as in English."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.links import link_make, link_revoke, sign_in_link_make
from accounts.models import Link, User
from annotation.design.demographics import NAMES
from annotation.judging.reasons import reason_shown
from annotation.models import Item, Judgment, Participant, Study
from tests.annotation.builders import preference_study, study
from tests.annotation.judging.languages.walking import ENGLISH, LANGUAGES, Get, by, checked, sent
from tests.annotation.pages import post, rate, url

pytestmark = pytest.mark.django_db


def states(client: Client, made: Study) -> Iterator[tuple[str, Get]]:
    page = by(client, url("page", made))
    yield "introduction", by(client, reverse("judge-page", args=[made.pk]))
    Study.objects.update(consent="Mindsite", consent_version=1)
    yield "consent", page
    Participant.objects.update(consent_version=1)
    Study.objects.update(demographics=list(NAMES))
    yield "about oneself", page
    yield "not answered", sent(client, reverse("judge-about", args=[made.pk]), age="old")
    Study.objects.update(demographics=[])
    yield "item", page
    yield "pause", by(client, url("pause", made))
    yield "unanswered", sent(client, reverse("judge-save", args=[made.pk]), **unanswered(made))
    yield "broken", sent(client, reverse("judge-save", args=[made.pk]))
    rate(client, made)
    yield "reveal", page
    yield "not audited", sent(client, reverse("judge-audit", args=[made.pk]), judgment=Judgment.objects.get().pk)
    post(client, "audit", made, judgment=Judgment.objects.get().pk, answer="right")
    own = reverse("judge-own-item", args=[made.pk, Judgment.objects.get().pk])
    yield "own items", by(client, url("own", made))
    yield "own item", by(client, own)
    yield "own item refused", sent(client, own)
    yield "home", by(client, reverse("judge-home"))
    post(client, "skip", made, item=Item.objects.get(leases__isnull=False).pk, reason="cannot_tell")
    made.items.update(taken=2)
    yield "waiting", page
    made.items.update(n_judged=2)
    yield "done", page
    yield from rests(made, page)


def unanswered(made: Study) -> dict:
    return {
        "item": made.items.get(leases__isnull=False).pk,
        "submission": "11111111-1111-4111-8111-111111111111",
        "plausibility": "",
    }


def rests(made: Study, page: Get) -> Iterator[tuple[str, Get]]:
    for state in (Participant.State.PAUSED, Participant.State.UNQUALIFIED, Participant.State.EXCLUDED):
        Participant.objects.update(state=state, state_reason="")
        yield str(state), page
    Participant.objects.update(state=Participant.State.ACTIVE, place="gone")
    yield "place lost", page
    Participant.objects.update(place="")
    for state in (Study.State.PAUSED, Study.State.CLOSED):
        Study.objects.update(state=state)
        yield f"study {state}", page


def test_judging(as_annotator: Client) -> None:
    assert checked(states(as_annotator, study(items=3, overlap=2))) == {}


def gold(client: Client) -> Iterator[tuple[str, Get]]:
    made = study(items=2, overlap=1)
    made.items.update(gold={"plausibility": 0, "typicality": None})
    Study.objects.update(qualification_items=2, qualification_pass=2)
    yield "introduction", by(client, reverse("judge-page", args=[made.pk]))
    yield "check item", by(client, url("page", made))
    rate(client, made)
    yield "checked", by(client, f"{url('page', made)}&checked={Judgment.objects.get().pk}")


def test_check_items(as_annotator: Client) -> None:
    assert checked(gold(as_annotator)) == {}


def test_pairs(as_annotator: Client) -> None:
    made = preference_study()
    pages = [("introduction", reverse("judge-page", args=[made.pk])), ("pair", url("page", made))]
    assert checked((state, by(as_annotator, address)) for state, address in pages) == {}


def accounts(client: Client, researcher: User, annotator: User) -> Iterator[tuple[str, Get]]:
    invited = link_make(kind=Link.Kind.INVITATION, by=researcher, valid=timedelta(days=1), study=study())
    join, anybody = reverse("join", args=[invited[1]]), Client()
    yield "join", by(anybody, join)
    yield "join refused", sent(anybody, join, username="anna", password1="anna", password2="anne")
    yield "enter", by(anybody, reverse("enter", args=[sign_in_link_make(person=annotator, by=researcher)]))
    link_revoke(link=invited[0])
    yield "revoked", by(anybody, join)
    yield "unknown link", by(anybody, reverse("enter", args=["x"]))
    yield "sign in", by(anybody, reverse("login"))
    yield "not signed in", sent(anybody, reverse("login"), username="anna", password="no")
    yield "password", by(client, reverse("password"))
    yield "password refused", sent(client, reverse("password"), old_password="x", new_password1="1", new_password2="2")
    yield "tokens", by(client, reverse("api-token-list"))
    yield "new token", by(client, reverse("api-token-new"))
    yield "no token", sent(client, reverse("api-token-new"))
    client.post(reverse("api-token-new"), {"name": "mine", "scopes": ["read"], "days": 3})
    yield "a token", by(client, reverse("api-token-list"))


def test_accounts(as_annotator: Client, researcher: User, annotator: User) -> None:
    assert checked(accounts(as_annotator, researcher, annotator)) == {}


def test_errors(as_annotator: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    pages = {
        "not found": by(as_annotator, "/nothing"),
        "no such study": by(as_annotator, reverse("judge-page", args=[99])),
        "researchers": by(as_annotator, reverse("study-list")),
        "administrators": by(as_annotator, reverse("webhooks")),
        "old page": sent(strict, reverse("login")),
    }
    assert checked(iter(pages.items())) == {}


STOPPED = [
    "rosa has paused you: zu schnell",
    "rosa has excluded you: zu schnell",
    "3 of your last 5 check items were answered as expected; the study asks for 4",
    "Rule: 40 % of the items with a known answer were answered as expected; the study asks for 70 %",
    "Rule: 40 % of the items shown twice were answered the same way; the study asks for 70 %",
    "Rule: 40 % of the comparisons with others agree; the study asks for 70 %",
    "Rule: 40 % of the answers came in under 3 s",
    "Rule: 20 answers in a row are the same",
]


@pytest.mark.parametrize("stored", STOPPED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_why_work_has_stopped(stored: str, language: str) -> None:
    with translation.override(language):
        assert not ENGLISH.search(reason_shown(stored))
    with translation.override("en"):
        assert reason_shown(stored) == stored
