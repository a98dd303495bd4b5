"""The knowledge base in a browser: filters change the list and the address, "/" goes to the search, Back goes back."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.annotation.builders import show_pictures
from tests.distillation.builders import finished_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opener = Callable[..., Page]


@pytest.fixture
def knowledge(open_as: Opener, researcher: User) -> Page:
    finished_run(3)  # 3 co-buys x 2 relations; the three of isA are kept
    show_pictures()
    return open_as(researcher, reverse("knowledge"))


def test_a_filter_changes_list_count_and_address_and_back_undoes_it(knowledge: Page) -> None:
    rows = knowledge.locator(".intentions > li")
    expect(rows).to_have_count(6)
    knowledge.get_by_label("Verdict").select_option("kept")
    expect(rows).to_have_count(3)
    expect(knowledge.locator("#count")).to_contain_text("3 intentions: kept")
    expect(knowledge).to_have_url(re.compile(r"/knowledge/\?verdict=kept$"))
    knowledge.go_back()
    expect(rows).to_have_count(6)
    expect(knowledge.get_by_label("Verdict")).to_have_value("")


def test_the_slash_goes_to_the_search(knowledge: Page) -> None:
    knowledge.keyboard.press("/")
    expect(knowledge.get_by_role("searchbox", name="Words")).to_be_focused()
    knowledge.keyboard.type("isA /")
    knowledge.keyboard.press("Enter")
    expect(knowledge.locator(".intentions > li")).to_have_count(3)


def test_keys_go_from_pair_to_pair(knowledge: Page) -> None:
    pairs = knowledge.locator(".of-pair")
    knowledge.keyboard.press("j")
    expect(pairs.nth(0)).to_be_focused()
    knowledge.keyboard.press("j")
    expect(pairs.nth(1)).to_be_focused()
    knowledge.keyboard.press("k")
    expect(pairs.nth(0)).to_be_focused()


def test_it_works_without_scripts(open_as: Opener, researcher: User) -> None:
    intention = finished_run(1, relations="isA").intentions.get()
    page = open_as(researcher, reverse("knowledge"), java_script_enabled=False)
    page.get_by_label("Relation").select_option("isA")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=intention.text).click()
    expect(page.get_by_role("heading", name=f"Intention {intention.pk}")).to_be_visible()
