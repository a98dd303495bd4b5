"""Purchases, time and relations in a browser: axe-core finds nothing, and nothing is wider than a phone."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from annotation.design.services import study_create
from research.purchases.services import Asked, purchase_test_make
from tests.annotation.builders import rate_all
from tests.browser.axe import AXE, axe_finds
from tests.distillation.builders import finished_run
from tests.research.purchases.builders import UNTIL, shop, shop_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def addresses() -> list[str]:
    shop(24)
    run, other = shop_run(), finished_run(name="other")
    for design in ("transfer", "naive"):
        purchase_test_make(asked=Asked(name="t", run=run, until=UNTIL, design=design, negatives="random"))
    made = study_create(name="S", runs=[run, other], items=24, overlap=1, paired=True)
    rate_all(made, {item.pk: [(int(item.pk % 3 > 0), 2)] for item in made.items.all()})
    periods = reverse("study-periods", args=[made.pk])
    return [reverse("purchase-list"), reverse("purchase-detail", args=["t"]), periods, f"{periods}?by=category",
            reverse("study-compare", args=[made.pk])]  # fmt: skip


def test_the_pages_fit_and_keep_nobody_out(
    open_as: Callable[..., Page], researcher: User, addresses: list[str]
) -> None:
    page = open_as(researcher, addresses[0], viewport={"width": 390, "height": 800}, bypass_csp=True)
    site, found = page.url.split("/research")[0], {}
    for address in addresses:
        page.goto(site + address)
        for summary in page.locator("main summary").all():
            summary.click()
        for width, scheme in ((390, "dark"), (1280, "light")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found[address, width] = ["wider than the window"]
            if AXE and (finds := axe_finds(page)):
                found[address, scheme] = finds
    assert found == {}
