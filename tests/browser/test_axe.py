"""axe-core finds nothing in any state of the annotator's pages, light and dark, at desk and phone width."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from annotation.design.demographics import NAMES
from annotation.models import Participant, Study
from tests.browser.axe import axe_finds, needs_axe
from tests.browser.judging import at_item, at_reveal, keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), needs_axe]

LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
Opener = Callable[..., Page]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing(open_as: Opener, annotator: User, made: Study, scheme: str, width: int) -> None:
    page = open_as(
        annotator,
        reverse("judge-page", args=[made.pk]),
        troubled=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        bypass_csp=True,
    )
    found = {state: finds for state in states(page, made) if (finds := axe_finds(page))}
    assert found == {}


def states(page: Page, made: Study):
    """Walk through the states; each name is that of the state the page is in."""
    yield "introduction"
    keys(page, "Enter")
    at_item(page, 1)
    yield "item"
    keys(page, "c")
    yield "comment"
    keys(page, "Escape", "a")
    yield "enlarged"
    keys(page, "Escape", "s")
    yield "skip"
    keys(page, "Escape", "g")
    yield "guidelines"
    keys(page, "g", "p")
    expect(page.get_by_text("The item is yours until")).to_be_visible()
    yield "pause"
    keys(page, "p")
    page.route("**/save", lambda route: route.abort())
    keys(page, "1", "3", "Enter")
    expect(page.get_by_text("No connection")).to_be_visible()
    yield "offline"
    page.unroute("**/save")
    page.get_by_role("button", name="Send now").click()
    at_reveal(page)
    yield "reveal"
    keys(page, "2")
    yield "wrong"
    keys(page, "Enter")
    at_item(page, 2)
    keys(page, "Backspace")
    expect(page.get_by_role("heading", name="Your item, judged")).to_be_attached()
    yield "own item"
    for path, state in ((reverse("judge-own", args=[made.pk]), "own"), (reverse("judge-home"), "home")):
        page.goto(path)
        yield state
    yield from rests(page, made)


def rests(page: Page, made: Study):
    where = reverse("judge-page", args=[made.pk])
    for state in (Participant.State.PAUSED, Participant.State.UNQUALIFIED, Participant.State.ACTIVE):
        Participant.objects.update(state=state, state_reason="Too fast")
        page.goto(where)
        yield str(state)
    made.items.update(overlap=1)
    for state in (Study.State.PAUSED, Study.State.CLOSED):
        Study.objects.update(state=state)
        page.goto(where)
        yield f"study {state}"
    Study.objects.update(state=Study.State.OPEN, consent="We keep it.", consent_version=1, demographics=list(NAMES))
    page.goto(where)
    yield "consent"
    Participant.objects.update(consent_version=1)
    page.goto(where)
    yield "about oneself"
