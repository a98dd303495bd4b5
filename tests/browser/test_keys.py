"""Hotkeys on keyboards of other layouts, changed, and turned off; the list of them."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from annotation.models import Judgment, Lease, Skip, Study
from tests.browser.judging import at_item, at_reveal, keys, settled
from tests.browser.layouts import press, tell

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opener = Callable[..., Page]


@pytest.fixture
def judging(open_as: Opener, annotator: User, made: Study) -> Page:
    page = open_as(annotator, reverse("judge-page", args=[made.pk]))
    keys(page, "Enter")
    at_item(page, 1)
    settled(page)
    return page


@pytest.mark.parametrize("layout", ["fr", "ru", "ar"])
def test_all_keys_work_on_other_keyboards(judging: Page, layout: str) -> None:
    for name, opened in (("?", "#keys"), ("g", "#guidelines"), ("p", "#pause"), ("a", "#zoom"), ("b", "#zoom")):
        keys(judging, "?") if name == "?" else press(judging, layout, name)
        expect(judging.locator(opened)).to_be_visible()
        keys(judging, "Escape")
        expect(judging.locator(opened)).to_be_hidden()
    press(judging, layout, "c")
    expect(judging.locator("#comment-text")).to_be_focused()
    keys(judging, "Escape")
    press(judging, layout, "s")
    press(judging, layout, "4")
    press_when_there(judging, layout, "u")
    settled(judging)
    press(judging, layout, "1", "3")
    keys(judging, "Enter")
    at_reveal(judging)
    press(judging, layout, "2", "5")
    at_item(judging, 2)
    saved = Judgment.objects.values_list("plausibility", "typicality", "audit_reason").get()
    assert saved == (1, 3, "relation")
    assert not Skip.objects.exists()


def press_when_there(page: Page, layout: str, name: str) -> None:
    expect(page.locator(f"[data-key={name}]:visible")).to_be_visible()
    settled(page)
    press(page, layout, name)
    expect(page.locator(f"[data-key={name}]:visible")).to_have_count(0)


def test_a_latin_letter_is_meant_as_printed(judging: Page) -> None:
    """Where an American keyboard has A, a French one has Q, which does nothing."""
    press(judging, "fr", "q")
    expect(judging.locator("#zoom")).to_be_hidden()


@pytest.mark.parametrize(("layout", "skip", "one"), [("fr", "S", "1"), ("ru", "Ы", "1"), ("ar", "س", "١")])
def test_keys_are_shown_as_the_keyboard_has_them(judging: Page, made: Study, layout: str, skip: str, one: str) -> None:
    tell(judging, layout)
    judging.reload()
    expect(judging.locator("a[href='#skip'] kbd")).to_have_text(skip)
    expect(judging.locator("fieldset kbd").first).to_have_text(one)


def test_a_press_shows_what_a_browser_does_not_tell(judging: Page) -> None:
    judging.evaluate("navigator.keyboard.getLayoutMap = undefined")
    press(judging, "ru", "s")
    expect(judging.locator("#task a[href='#skip'] kbd")).to_have_text("Ы")
    press(judging, "fr", "s")
    expect(judging.locator("#task a[href='#skip'] kbd")).to_have_text("S")


def test_a_key_is_changed_and_stays_so(judging: Page) -> None:
    keys(judging, "?")
    judging.get_by_role("button", name="Change the key for Skip").click()
    keys(judging, "g")
    expect(judging.get_by_role("status").filter(has_text="This key is taken: Guidelines")).to_be_visible()
    judging.get_by_role("button", name="Change the key for Skip").click()
    keys(judging, "k", "Escape")
    judging.reload()
    expect(judging.locator("#task a[href='#skip'] kbd")).to_have_text("K")
    keys(judging, "s")
    expect(judging.locator("#skip.open")).to_have_count(0)
    keys(judging, "k")
    expect(judging.locator("#skip.open")).to_be_visible()


def test_single_keys_can_be_turned_off(judging: Page) -> None:
    keys(judging, "?")
    judging.get_by_label("Single keys off").check()
    keys(judging, "Escape", "1", "s")
    expect(judging.locator("#skip.open")).to_have_count(0)
    expect(judging.locator("fieldset kbd").first).to_be_hidden()
    expect(judging.locator("fieldset input:checked")).to_have_count(0)
    keys(judging, "Enter")
    expect(judging.get_by_role("alert").filter(has_text="Still to answer")).to_be_visible()


def test_the_last_skip_is_taken_back_by_its_key(judging: Page) -> None:
    first = Lease.objects.get().item_id
    keys(judging, "s", "4")
    expect(judging.get_by_role("button", name="Take it back")).to_be_visible()
    settled(judging)
    keys(judging, "u")
    expect(judging.locator(f"#task form.answer input[name=item][value='{first}']")).to_be_attached()
    assert not Skip.objects.exists()
    assert Lease.objects.get().item_id == first


def test_the_list_of_keys_has_the_one_that_takes_a_skip_back(judging: Page) -> None:
    keys(judging, "?")
    row = judging.locator("#keys tr", has_text="Take back the last skip")
    expect(row.locator("kbd")).to_have_text("U")
