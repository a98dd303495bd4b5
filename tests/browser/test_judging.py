"""The judging page by keyboard, mouse and without scripts."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from annotation.judging.crowd.completion import COMPLETE, code_made
from annotation.models import Judgment, JudgmentRevision, Lease, Participant, Study
from tests.annotation.builders import participant
from tests.browser.judging import at_item, at_reveal, judge_by_keys, keys, strip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opener = Callable[..., Page]


@pytest.fixture
def judging(open_as: Opener, annotator: User, made: Study) -> Page:
    page = open_as(annotator, reverse("judge-page", args=[made.pk]))
    keys(page, "Enter")  # past the introduction
    at_item(page, 1)
    return page


def test_a_study_by_keyboard_from_sign_in_to_completion_code(open_as: Opener, annotator: User, made: Study) -> None:
    page = open_as(annotator, reverse("judge-home"), by_form=True)
    page.get_by_role("link", name="Start").focus()
    keys(page, "Enter")
    expect(page.get_by_role("heading", name="Welcome. You will judge 4 reasons")).to_be_visible()
    page.wait_for_load_state()
    keys(page, "Enter")
    for place in range(1, 5):
        at_item(page, place)
        judge_by_keys(page, "1", "3", "1", "Enter")
    code = code_made(Participant.objects.get(), COMPLETE)
    expect(page.get_by_label("Your completion code:")).to_have_text(code)
    assert Judgment.objects.filter(filter_right=True).count() == 4


def test_two_items_by_keyboard_alone(judging: Page) -> None:
    judge_by_keys(judging, "1", "3", "1", "Enter")
    at_item(judging, 2)
    judge_by_keys(judging, "2", "6", "2", "Enter")
    at_item(judging, 3)
    # 3 is Very (3 of 0 … 3), 6 is Not at all (0)
    saved = Judgment.objects.order_by("pk").values_list("plausibility", "typicality", "filter_right", "audit_reason")
    assert list(saved) == [(1, 3, True, ""), (0, 0, False, "")]


def test_a_key_says_what_the_filter_misjudged(judging: Page) -> None:
    judge_by_keys(judging, "1", "3", "2")
    expect(judging.get_by_role("heading", name="What was wrong?")).to_be_focused()
    keys(judging, "4")
    at_item(judging, 2)
    assert Judgment.objects.values_list("filter_right", "audit_reason").get() == (False, "need")


def test_wrong_can_be_taken_back(judging: Page) -> None:
    judge_by_keys(judging, "1", "3", "2", "1", "Enter")
    at_item(judging, 2)
    assert Judgment.objects.get().filter_right is True


def test_a_comment_is_written_by_keyboard(judging: Page) -> None:
    keys(judging, "1", "3", "c")
    judging.keyboard.type("Same picture twice")
    keys(judging, "Escape", "Enter")
    at_reveal(judging)
    expect(judging.get_by_label("Comment")).to_have_value("Same picture twice")
    assert Judgment.objects.get().comment == "Same picture twice"


def test_back_leads_to_the_last_own_item_and_enter_on_again(judging: Page) -> None:
    judge_by_keys(judging, "1", "3", "1", "Enter")
    at_item(judging, 2)
    keys(judging, "Backspace")
    expect(judging.get_by_role("heading", name="Your item, judged")).to_be_attached()
    keys(judging, "Enter")
    at_item(judging, 2)


def test_ratings_are_revised_from_the_reveal(judging: Page) -> None:
    judge_by_keys(judging, "1", "3", "e")
    expect(judging.get_by_label("Very")).to_be_checked()
    keys(judging, "5", "e")
    expect(judging.get_by_role("status").filter(has_text="go on counting")).to_be_visible()
    assert JudgmentRevision.objects.values_list("typicality", "after_reveal").get() == (1, True)


def test_a_pause_says_until_when_the_item_is_kept(judging: Page) -> None:
    keys(judging, "p")
    expect(judging.get_by_text("The item is yours until")).to_be_visible()
    keys(judging, "p")
    expect(judging.locator("#pause")).to_be_hidden()


def test_the_figures_move_by_themselves(judging: Page, open_as: Opener, researcher: User, made: Study) -> None:
    figures = open_as(researcher, reverse("study", args=[made.pk])).locator("#figures")
    expect(figures).to_contain_text("0 of 8 judgments")
    keys(judging, "1", "4", "Enter")
    expect(figures).to_contain_text("1 of 8 judgments by 1 annotator")
    expect(figures).to_contain_text("1 item, 1 judgment")


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


def test_the_wheel_enlarges_further_and_a_click_does_not_close_then(judging: Page) -> None:
    zoom = judging.locator("#zoom")
    judging.get_by_role("link", name="Enlarge picture B").click()
    zoom.locator(".view").hover()
    judging.mouse.wheel(0, -400)
    expect(zoom.locator("img")).to_have_attribute("style", re.compile(r"scale\(2\.71828\)"))  # exp(400 / 400)
    zoom.locator(".view").click()
    expect(zoom).to_be_visible()


def test_an_item_is_skipped_by_keyboard(judging: Page) -> None:
    first = Lease.objects.get().item_id
    keys(judging, "s", "4")
    expect(judging.locator(f"#task input[name=item]:not([value='{first}'])").first).to_be_attached()
    assert Lease.objects.get().item_id != first


def test_a_picture_that_fails_is_loaded_again(open_as: Opener, annotator: User, made: Study) -> None:
    page = open_as(annotator, reverse("judge-page", args=[made.pk]), troubled=True)
    page.route("**/pictures/*.jpg", lambda route: route.abort())
    keys(page, "Enter")
    expect(page.get_by_text("Picture A can't be shown")).to_be_visible()
    page.unroute("**/pictures/*.jpg")
    keys(page, "r")
    expect(page.get_by_text("Picture A can't be shown")).to_be_hidden()


def test_the_pictures_of_the_next_item_are_there_before_it(judging: Page) -> None:
    with judging.expect_response("**/ahead") as ahead:
        judge_by_keys(judging, "1", "3")
    assert ahead.value.json()["pictures"]
    assert not Lease.objects.exists()


def test_waiting_ends_by_itself(open_as: Opener, annotator: User, made: Study) -> None:
    page = open_as(annotator, reverse("judge-page", args=[made.pk]))
    for i, item in enumerate(made.items.all()):  # all with others, who end at any moment
        other, soon = participant(made, f"o-{i}"), timezone.now() + timedelta(seconds=20)
        Lease.objects.create(participant=other, item=item, a_on_left=True, expires_at=soon)
    made.items.update(taken=2)
    keys(page, "Enter")
    expect(page.get_by_role("heading", name="All items are with others right now")).to_be_visible()
    Lease.objects.all().delete()
    made.items.update(taken=0, came_back=True)
    at_item(page, 1)
    assert strip(page).count() == 0


def test_without_script_an_item_is_judged_and_audited(open_as: Opener, annotator: User, made: Study) -> None:
    page = open_as(annotator, reverse("judge-page", args=[made.pk]), java_script_enabled=False)
    page.get_by_role("link", name="Start").click()
    page.locator("label", has_text="Yes").click()
    page.locator("label", has_text="Very").click()
    page.get_by_role("button", name="Save").click()
    page.locator("label", has_text="Wrong").click()
    page.get_by_role("button", name="The relation").click()
    at_item(page, 2)
    saved = Judgment.objects.values_list("plausibility", "typicality", "filter_right", "audit_reason").get()
    assert saved == (1, 3, False, "relation")
