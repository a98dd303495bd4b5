"""What a page sends before anybody does anything there, without its pictures: under 100 kB, as Chromium counts it."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from annotation.models import Study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST = 100_000


def weighed(page: Page, path: str) -> int:
    """From an empty cache, until the network has been quiet for half a second."""
    kinds: dict[str, str] = {}
    sent: dict[str, int] = {}
    heard = page.context.new_cdp_session(page)
    heard.send("Network.enable")
    heard.send("Network.setCacheDisabled", {"cacheDisabled": True})
    heard.on("Network.responseReceived", lambda told: kinds.update({told["requestId"]: told["type"]}))
    heard.on("Network.loadingFinished", lambda told: sent.update({told["requestId"]: told["encodedDataLength"]}))
    page.goto(path, wait_until="networkidle")
    heard.detach()
    return int(sum(size for request, size in sent.items() if kinds.get(request) != "Image"))


def test_no_page_sends_more_than_it_may_at_first(open_as: Callable[..., Page], researcher: User, made: Study) -> None:
    names = ("run-list", "run-new", "study-list", "study-new", "import-new", "catalog", "knowledge", "api:docs")
    of_study = ("study", "study-items", "study-report", "study-protocol", "study-manage")
    paths = [reverse(name) for name in names] + [reverse(name, args=[made.pk]) for name in of_study]
    page = open_as(researcher, reverse("study-list"))
    weights = {path: weighed(page, path) for path in paths}
    assert {path: weight for path, weight in weights.items() if not 10_000 < weight < MOST} == {}
