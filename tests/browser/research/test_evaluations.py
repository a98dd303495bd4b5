"""Evaluations in a browser: axe-core finds nothing, and nothing is wider than a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from research.models import Evaluation
from tests.browser.axe import axe_finds, needs_axe
from tests.research.evaluations.builders import evaluated, right

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opener = Callable[..., Page]


@pytest.fixture
def addresses(tmp_path: Path) -> list[str]:
    base = evaluated(tmp_path, lambda prompt: "A", name="base")
    tuned = evaluated(tmp_path, right, name="tuned")
    return [
        reverse("evaluation-list"),
        reverse("evaluation-detail", args=[base.pk]),
        f"{reverse('evaluation-compare')}?before={base.pk}&after={tuned.pk}",
    ]


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(open_as: Opener, researcher: User, addresses: list[str], width: int) -> None:
    page = open_as(researcher, addresses[0], viewport={"width": width, "height": 800})
    for address in addresses:
        page.goto(page.url.split("/research")[0] + address)
        for summary in page.locator("summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert Evaluation.objects.count() == 2


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(open_as: Opener, researcher: User, addresses: list[str], scheme: str, width: int) -> None:
    page = open_as(
        researcher, addresses[0], color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True
    )
    found = {}
    for address in addresses:
        page.goto(page.url.split("/research")[0] + address)
        found[address] = axe_finds(page)
    assert not any(found.values()), found
