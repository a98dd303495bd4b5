from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from annotation.models import Judgment, Lease, Study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opener = Callable[..., Page]


@pytest.fixture
def judging(open_as: Opener, annotator: User, made: Study) -> Page:
    return open_as(annotator, reverse("judge-page", args=[made.pk]))


def at_item(page: Page, place: int) -> None:
    expect(page.get_by_role("heading", level=1, name=f"Item {place} of 4", exact=True)).to_be_attached()


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def judge_by_keys(page: Page, plausible: str, typical: str, right: str) -> None:
    keys(page, plausible, typical, "Enter")
    expect(page.get_by_text("Was the filter right?")).to_be_visible()
    keys(page, right, "Enter")


def test_two_items_by_keyboard_alone(judging: Page) -> None:
    at_item(judging, 1)
    judge_by_keys(judging, "1", "3", "1")
    at_item(judging, 2)
    judge_by_keys(judging, "2", "6", "2")
    at_item(judging, 3)
    # 3 is Very (3 of 0 … 3), 6 is Not at all (0)
    saved = Judgment.objects.order_by("pk").values_list("plausibility", "typicality", "filter_right")
    assert list(saved) == [(1, 3, True), (0, 0, False)]


def test_the_figures_move_by_themselves(judging: Page, open_as: Opener, researcher: User, made: Study) -> None:
    figures = open_as(researcher, reverse("study", args=[made.pk])).locator("#figures")
    expect(figures).to_contain_text("0 of 8 judgments")
    keys(judging, "1", "4", "Enter")
    expect(figures).to_contain_text("1 of 8 judgments by 1 annotator", timeout=3000)
    expect(figures).to_contain_text("1 judgment of 1 item")


def test_a_double_click_on_save_is_one_judgment(judging: Page) -> None:
    keys(judging, "1", "3")
    judging.get_by_role("button", name="Save").dblclick()
    expect(judging.get_by_text("Was the filter right?")).to_be_visible()
    assert Judgment.objects.count() == 1


def test_save_says_what_is_missing(judging: Page) -> None:
    keys(judging, "1", "Enter")
    expect(judging.get_by_role("alert")).to_have_text("Still to answer: How typical is it of such purchases?")
    assert not Judgment.objects.exists()


def test_a_key_enlarges_a_picture_and_escape_closes_it(judging: Page) -> None:
    zoom = judging.locator("#zoom")
    keys(judging, "a")
    expect(zoom).to_be_visible()
    expect(zoom.locator("#zoom-title")).to_contain_text("A: Product")
    keys(judging, "b")
    expect(zoom.locator("#zoom-title")).to_contain_text("B: Product")
    keys(judging, "Escape")
    expect(zoom).to_be_hidden()


def test_an_item_is_skipped_by_keyboard(judging: Page) -> None:
    first = Lease.objects.get().item_id
    keys(judging, "s", "4")
    expect(judging.locator(f"#task input[name=item]:not([value='{first}'])").first).to_be_attached()
    assert Lease.objects.get().item_id != first


def test_answers_outlive_a_reload(judging: Page) -> None:
    keys(judging, "2", "5")
    judging.reload()
    expect(judging.get_by_label("Hardly")).to_be_checked()
    keys(judging, "Enter")
    expect(judging.get_by_text("Was the filter right?")).to_be_visible()


def test_without_script_an_item_is_judged_and_audited(open_as: Opener, annotator: User, made: Study) -> None:
    page = open_as(annotator, reverse("judge-page", args=[made.pk]), java_script_enabled=False)
    page.locator("label", has_text="Yes").click()
    page.locator("label", has_text="Very").click()
    page.get_by_role("button", name="Save").click()
    page.locator("label", has_text="Wrong").click()
    page.get_by_role("button", name="Next").click()
    at_item(page, 2)
    assert Judgment.objects.values_list("plausibility", "typicality", "filter_right").get() == (1, 3, False)
