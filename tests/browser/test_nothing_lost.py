"""Lost connections, double clicks, two tabs, ended sessions, leases that ran out: no judgment is lost or doubled."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from accounts.models import Session, User
from annotation.judging.allocation import item_next
from annotation.judging.leases import release_expired
from annotation.models import Judgment, Lease, Study
from tests.annotation.builders import participant
from tests.browser.conftest import sign_in
from tests.browser.judging import at_item, at_reveal, judge_by_keys, keys, strip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opener = Callable[..., Page]


@pytest.fixture
def page(open_as: Opener, annotator: User, made: Study) -> Page:
    page = open_as(annotator, reverse("judge-page", args=[made.pk]), troubled=True)
    page.clock.install()
    keys(page, "Enter")  # past the introduction
    at_item(page, 1)
    return page


def expire_lease(made: Study) -> None:
    Lease.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    release_expired(made)


def test_offline_answers_are_kept_and_sent_by_themselves(page: Page) -> None:
    page.context.set_offline(True)
    keys(page, "1", "3", "Enter")
    expect(strip(page)).to_contain_text("No connection. Your answers are safe.")
    page.clock.fast_forward(30_000)
    expect(strip(page)).to_contain_text("try 2")
    assert not Judgment.objects.exists()
    page.context.set_offline(False)
    at_reveal(page)
    assert Judgment.objects.count() == 1


def test_a_server_that_fails_is_asked_again_with_the_same_submission(page: Page) -> None:
    sent = []
    page.route("**/save", lambda route: (sent.append(route.request.post_data), route.fulfill(status=503)))
    submission = page.locator("form.answer [name=submission]").input_value()
    keys(page, "1", "3", "Enter")
    expect(strip(page)).to_contain_text("The server can't save just now")
    page.unroute("**/save")
    page.clock.run_for(3_000)
    at_reveal(page)
    assert submission in sent[0]
    assert str(Judgment.objects.get().submission) == submission


def test_an_answer_whose_receipt_is_lost_is_one_judgment(page: Page) -> None:
    page.route("**/save", lambda route: (route.fetch(), route.abort()))
    keys(page, "1", "3", "Enter")
    expect(strip(page)).to_contain_text("No connection")
    page.unroute("**/save")
    page.clock.run_for(3_000)
    at_reveal(page)
    assert Judgment.objects.count() == 1


def test_answers_sent_in_vain_are_sent_after_a_reload(page: Page) -> None:
    page.route("**/save", lambda route: route.abort())
    keys(page, "1", "3", "Enter")
    expect(strip(page)).to_contain_text("No connection")
    page.unroute("**/save")
    page.reload()
    at_reveal(page)
    assert Judgment.objects.values_list("plausibility", "typicality").get() == (1, 3)


def test_answers_outlive_a_reload_and_are_not_sent_unasked(page: Page) -> None:
    keys(page, "2", "5")
    page.reload()
    expect(page.get_by_label("Hardly")).to_be_checked()
    assert not Judgment.objects.exists()


def test_a_double_click_on_save_is_one_judgment(page: Page) -> None:
    keys(page, "1", "3")
    page.get_by_role("button", name="Save").dblclick()
    at_reveal(page)
    assert Judgment.objects.count() == 1


def test_two_tabs_make_one_judgment_and_agree_again(page: Page, made: Study) -> None:
    other = page.context.new_page()
    other.goto(reverse("judge-page", args=[made.pk]))
    judge_by_keys(page, "1", "3", "1", "Enter")
    at_item(page, 2)
    keys(other, "2", "6", "Enter")
    expect(other.get_by_role("alert")).to_contain_text("You have judged this item already; your first ratings count")
    at_item(other, 2)
    assert Judgment.objects.values_list("plausibility", "typicality").get() == (1, 3)


def test_after_an_ended_session_the_answers_are_there(page: Page, annotator: User) -> None:
    keys(page, "2", "5")
    Session.objects.all().delete()
    keys(page, "Enter")
    expect(strip(page)).to_contain_text("You are signed out. Your answers are safe.")
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_label("Name")).to_be_focused()
    sign_in(page, annotator)
    expect(page.get_by_label("Hardly")).to_be_checked()
    keys(page, "Enter")
    at_reveal(page)
    assert Judgment.objects.values_list("plausibility", "typicality").get() == (0, 1)


def test_an_item_that_went_back_is_taken_again(page: Page, made: Study) -> None:
    item = Lease.objects.get().item_id
    keys(page, "1", "3")
    expire_lease(made)
    keys(page, "Enter")
    expect(strip(page)).to_contain_text("This item went back to the others.")
    keys(page, "Enter")
    expect(strip(page)).to_be_hidden()
    expect(page.get_by_label("Very")).to_be_checked()
    keys(page, "Enter")
    at_reveal(page)
    assert Judgment.objects.values_list("item", "typicality").get() == (item, 3)


def test_an_answer_that_comes_too_late_is_offered_again_after_a_reload(page: Page, made: Study) -> None:
    item = Lease.objects.get().item_id
    page.route("**/save", lambda route: route.abort())
    keys(page, "1", "3", "Enter")
    expect(strip(page)).to_contain_text("No connection")
    expire_lease(made)
    item_next(participant=participant(made, "other"))  # goes to the same place in the order, the first
    made.items.filter(pk=item).update(overlap=3)
    page.unroute("**/save")
    made.items.filter(pk=item).update(taken=2, n_judged=2)  # for now it is with others, so that another item comes
    page.reload()
    expect(strip(page)).to_contain_text("This item went back to the others.")
    keys(page, "Enter")
    expect(page.get_by_label("Very")).to_be_checked()
    assert Lease.objects.get(participant__annotator__username="anna").item_id == item


def test_who_comes_back_late_learns_at_once_that_the_item_is_gone(page: Page, made: Study) -> None:
    expire_lease(made)
    page.clock.fast_forward("31:00")
    page.mouse.move(300, 300)
    expect(strip(page)).to_contain_text("This item went back to the others.")


def test_a_page_in_use_keeps_its_lease_and_one_left_alone_does_not(page: Page) -> None:
    page.clock.fast_forward("20:00")
    before = Lease.objects.get().expires_at
    with page.expect_response("**/present") as word:
        page.mouse.move(200, 200)
    assert word.value.status == 204
    assert Lease.objects.get().expires_at > before


def test_time_without_use_is_not_active_time(page: Page) -> None:
    keys(page, "1")
    page.clock.fast_forward("10:00")
    Lease.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    keys(page, "3", "Enter")
    at_reveal(page)
    judgment = Judgment.objects.get()
    assert judgment.seconds > 600
    assert 60 <= judgment.active_seconds < 120  # the ten minutes count as one


def test_the_verdict_cannot_be_had_before_saving(page: Page, made: Study) -> None:
    bodies = []

    def hear(route: Route) -> None:
        answer = route.fetch()
        bodies.append(answer.text())
        route.fulfill(response=answer)

    page.route("**/judge/**", hear)
    page.reload()
    keys(page, "g", "g", "p", "p", "1", "3")
    for path in ("judge-own", "judge-page", "judge-ahead", "judge-pause"):
        page.goto(reverse(path, args=[made.pk]))
    assert len(bodies) >= 5
    assert not [
        word for word in ("Secret reason", "✓ Kept", "✕ Rejected", "90 %", "20 %", "p_yes") if word in str(bodies)
    ]
