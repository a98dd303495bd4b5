"""What the page tells of pictures and view, in a real browser."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from annotation.models import Judgment, Study
from tests.browser.judging import at_item, at_reveal, keys, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opener = Callable[..., Page]


def at_pictures(page: Page) -> None:
    keys(page, "Enter")
    at_item(page, 1)
    settled(page)
    page.wait_for_function("document.querySelectorAll('#task figure img').length === 2")
    page.wait_for_function("[...document.querySelectorAll('#task figure img')].every(image => image.complete)")


def test_a_full_look_at_a_desk(open_as: Opener, annotator: User, made: Study) -> None:
    page = open_as(annotator, reverse("judge-page", args=[made.pk]), viewport={"width": 1280, "height": 800})
    at_pictures(page)
    keys(page, "b", "Escape", "1", "3", "Enter")
    at_reveal(page)
    seen = Judgment.objects.get().look
    assert (seen["left"]["picture"], seen["right"]["picture"]) == ("shown", "shown")
    assert (seen["left"]["enlarged"], seen["right"]["enlarged"]) == (False, True)
    assert seen["right"]["width"] > seen["left"]["width"] > 0  # enlarged it is drawn larger
    assert abs(seen["left"]["width"] / seen["left"]["height"] - 120 / 80) < 0.02  # as the picture is
    assert (seen["device"], seen["orientation"]) == ("desktop", "landscape")
    assert seen["in_view"] >= 0


def test_a_picture_that_failed_on_a_phone(open_as: Opener, annotator: User, made: Study) -> None:
    phone = {"viewport": {"width": 390, "height": 800}, "screen": {"width": 390, "height": 800}}
    page = open_as(
        annotator, reverse("judge-page", args=[made.pk]), troubled=True, has_touch=True, is_mobile=True, **phone
    )
    page.route("**/pictures/*.jpg", lambda route: route.abort())
    at_pictures(page)
    keys(page, "1", "3", "Enter")
    at_reveal(page)
    seen = Judgment.objects.get().look
    assert (seen["left"]["picture"], seen["device"], seen["orientation"]) == ("failed", "phone", "portrait")
