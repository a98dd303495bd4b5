"""How crowd work ends, as a worker sees it: by a link, to a code in each state in which something was judged."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.links import link_make
from accounts.models import Link, User
from annotation.judging.crowd.completion import code_made
from annotation.models import Item, Lease, Participant, Study
from tests.annotation.builders import judge, participant, study
from tests.browser.judging import at_item, judge_by_keys, keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opener = Callable[..., Page]
PARTIAL, SCREENED, COMPLETE = "Your code for what", "Your code, which says", "Your completion code:"


def closed(who: Participant) -> None:
    Study.objects.update(state="closed")


def paused(who: Participant) -> None:
    Study.objects.update(state="paused")


def person_paused(who: Participant) -> None:
    Participant.objects.filter(pk=who.pk).update(state="paused", state_reason="Too fast")


def unqualified(who: Participant) -> None:
    Participant.objects.filter(pk=who.pk).update(state="unqualified")


def leases_held(who: Participant) -> None:
    for i, item in enumerate(Item.objects.filter(taken=0)):
        Item.objects.filter(pk=item.pk).update(taken=1)
        other, until = participant(who.study, f"o-{i}"), timezone.now() + timedelta(hours=1)
        Lease.objects.create(participant=other, item=item, a_on_left=True, expires_at=until)


def cap_reached(who: Participant) -> None:
    Study.objects.update(cap=1)


def complete(who: Participant) -> None:
    Item.objects.filter(n_judged=0).delete()


ENDS = {
    closed: ("This study is closed", PARTIAL),
    paused: ("This study is paused", PARTIAL),
    person_paused: ("Your work on this study is paused", PARTIAL),
    unqualified: ("This study goes on without you", SCREENED),
    leases_held: ("All items are with others right now", PARTIAL),
    cap_reached: ("That was the last one. Thank you!", COMPLETE),
    complete: ("That was the last one. Thank you!", COMPLETE),
}
CODES = {PARTIAL: "partial", SCREENED: "screened", COMPLETE: "complete"}


@pytest.mark.parametrize("end", ENDS)
def test_each_end_has_its_word_and_its_code(open_as: Opener, annotator: User, end: Callable) -> None:
    who = participant(study(items=3, overlap=1), annotator.username)
    judge(who)
    end(who)
    page = open_as(annotator, reverse("judge-page", args=[who.study_id]))
    word, title = ENDS[end]
    expect(page.get_by_role("heading", name=word)).to_be_visible()
    expect(page.get_by_label(title)).to_have_text(code_made(who, CODES[title], 1))


@pytest.mark.parametrize("end", [closed, paused, person_paused, leases_held])
def test_who_has_judged_nothing_sees_the_word_and_no_code(open_as: Opener, annotator: User, end: Callable) -> None:
    who = participant(study(items=3, overlap=1), annotator.username)
    end(who)
    page = open_as(annotator, reverse("judge-page", args=[who.study_id]) + "?start")
    expect(page.get_by_role("heading", name=ENDS[end][0])).to_be_visible()
    expect(page.locator("output.code")).to_have_count(0)


def test_a_worker_comes_consents_judges_and_is_given_the_code(
    browser: Browser, live_server: LiveServer, researcher: User, open_as: Opener
) -> None:
    told = {"terms": "5 minutes, 1 pound", "consent": "We keep what you rate.", "demographics": ["age", "country"]}
    made = study(items=3, overlap=1, cap=1, **told)
    _, token = link_make(kind=Link.Kind.CROWD, by=researcher, valid=timedelta(days=1), study=made, places=2)
    page = browser.new_context(base_url=live_server.url).new_page()
    page.goto(f"/crowd/{token}/?PROLIFIC_PID=w1")
    expect(page.get_by_text("5 minutes, 1 pound")).to_be_visible()
    assert not Participant.objects.exists()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Your return code")).to_be_visible()
    page.wait_for_load_state()
    keys(page, "Enter")
    expect(page.get_by_text("We keep what you rate.")).to_be_visible()
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("group", name="How old are you?").get_by_label("Prefer not to say").check()
    page.get_by_label("Where do you live?").select_option("DE")
    page.get_by_role("button", name="Go on").click()
    at_item(page, 1, 1)
    judge_by_keys(page, "1", "3", "1", "Enter")
    who = Participant.objects.get()
    expect(page.get_by_label(COMPLETE)).to_have_text(code_made(who, "complete"))
    assert who.demographics.answers == {"age": "unsaid", "country": "DE"}
