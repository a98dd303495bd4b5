"""Comparing pairs by keyboard, at desk and phone width."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from annotation.models import Judgment, Lease, Study
from annotation.scales import Preference
from tests.annotation.builders import preference_study, show_pictures
from tests.browser.axe import axe_finds, needs_axe
from tests.browser.judging import keys, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opener = Callable[..., Page]


@pytest.fixture
def pairs(transactional_db: None) -> Study:
    made = preference_study()
    show_pictures()
    return made


def at_pair(page: Page, place: int) -> None:
    """“Saved.” stands before it from the second on: there is no reveal that says so."""
    saved = "Saved. " if place > 1 else ""
    expect(page.get_by_role("heading", level=1, name=f"{saved}Item {place} of 4", exact=True)).to_be_attached()


def test_two_pairs_by_keyboard_alone(open_as: Opener, annotator: User, pairs: Study) -> None:
    page = open_as(annotator, reverse("judge-page", args=[pairs.pk]))
    keys(page, "Enter")
    for place, key in enumerate(("2", "5"), start=1):
        at_pair(page, place)
        settled(page)
        keys(page, key, "Enter")
    at_pair(page, 3)
    said = Judgment.objects.order_by("pk").values_list("preference", flat=True)
    assert list(said) == [Preference.RIGHT, Preference.CANNOT_TELL]


def test_what_is_missing_is_said(open_as: Opener, annotator: User, pairs: Study) -> None:
    page = open_as(annotator, reverse("judge-page", args=[pairs.pk]))
    keys(page, "Enter")
    at_pair(page, 1)
    settled(page)
    keys(page, "Enter")
    expect(page.get_by_text("Still to answer: Which is the better reason")).to_be_visible()
    assert not Judgment.objects.exists()


def test_on_a_phone_the_left_one_is_the_upper_one(open_as: Opener, annotator: User, pairs: Study) -> None:
    page = open_as(annotator, reverse("judge-page", args=[pairs.pk]), viewport={"width": 400, "height": 800})
    page.get_by_role("link", name="Start").click()
    at_pair(page, 1)
    upper, lower = (page.get_by_role("heading", name=name, exact=True) for name in ("Upper", "Lower"))
    assert upper.bounding_box()["y"] < lower.bounding_box()["y"]
    shown = Lease.objects.get()
    text = shown.item.first_shown if shown.first_left else shown.item.second_shown
    expect(page.locator(".text").first.get_by_text(text)).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    settled(page)
    page.get_by_role("radio", name="Upper").check()
    page.get_by_role("button", name="Save").click()
    at_pair(page, 2)
    assert Judgment.objects.get().preference == Preference.LEFT


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 400), ("dark", 400)])
def test_axe_finds_nothing(open_as: Opener, annotator: User, pairs: Study, scheme: str, width: int) -> None:
    page = open_as(
        annotator,
        reverse("judge-page", args=[pairs.pk]),
        troubled=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        bypass_csp=True,
    )
    page.get_by_role("link", name="Start").click()
    at_pair(page, 1)
    assert axe_finds(page) == []
