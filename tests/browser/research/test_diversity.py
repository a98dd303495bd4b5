"""The pages on diversity and alarms: axe-core finds nothing, nothing is wider than the screen."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from distillation.models import Alarm
from tests.browser.axe import axe_finds, needs_axe
from tests.distillation.builders import finished_run
from tests.distillation.runs.ticking import SERVED
from tests.research.diversity.texts import BOTH, computed, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), needs_axe]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing(open_as: Callable[..., Page], researcher: User, scheme: str, width: int) -> None:
    made = finished_run(30, **SERVED)
    ids = write(made, BOTH, f"{BOTH} there", f"{BOTH} here")
    computed(made)
    Alarm.objects.create(run=made, kind="opening", share=0.7, limit=0.5, n=400, what="they both are used")
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "bypass_csp": True}
    page = open_as(researcher, reverse("run-diversity", args=["r1"]), **look)
    found = {}
    for name, argument in (("run-diversity", "r1"), ("run-alarms", None), ("run-list", None), ("intention", ids[0])):
        page.goto(reverse(name, args=[argument] if argument else []))
        if name == "intention":
            expect(page.get_by_text("It is one of 3 near-duplicates")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[name] = (axe_finds(page), wide)
    assert found == {name: ([], False) for name in found}
