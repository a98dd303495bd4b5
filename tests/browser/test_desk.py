"""The researcher's desk in a browser: axe finds nothing, no page is wider than its window, and the adjudicator's key
strokes are kept."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from annotation.desk.sending_back import judgments_send_back
from annotation.models import Adjudication, Judgment, Study
from tests.annotation.builders import participant, show_pictures, study_of_ties_and_errors
from tests.browser.axe import axe_finds, needs_axe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def split(administrator: User) -> Study:
    made = study_of_ties_and_errors()
    show_pictures()
    Study.objects.update(adjudicator=administrator)
    sent = list(Judgment.objects.values_list("pk", flat=True)[:1])
    judgments_send_back(study=made, judgments=sent, word="Read the title", by=administrator)
    return made


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing(
    open_as: Callable[..., Page], administrator: User, split: Study, scheme: str, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "bypass_csp": True}
    page = open_as(administrator, reverse("people-trail"), **look)
    who, found = participant(split, "ann-1"), {}
    for name, args in {
        "people-trail": [],
        "people-erase": [who.annotator_id],
        "study-judgments-list": [split.pk],
        "study-annotator-days": [split.pk, who.pk],
        "study-manage": [split.pk],
        "judge-adjudicate": [split.pk],
    }.items():
        page.goto(reverse(name, args=args))
        found[name] = (axe_finds(page), page.evaluate("document.documentElement.scrollWidth > innerWidth"))
    assert found == {name: ([], False) for name in found}


def test_an_adjudicator_answers_by_keyboard(open_as: Callable[..., Page], administrator: User, split: Study) -> None:
    page = open_as(administrator, reverse("judge-home"))
    page.get_by_role("link", name="Adjudicate").click()
    page.locator("[name=plausibility]").first.focus()
    page.keyboard.press("Space")
    page.locator("[name=typicality]").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("heading", name="Nothing is left to adjudicate")).to_be_visible()
    assert Adjudication.objects.get().by == administrator
