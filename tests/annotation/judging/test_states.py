"""What the page shows besides an item: introduction, check items, halts, leases that went, what lies ahead."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from annotation.judging.allocation import item_next
from annotation.judging.crowd.codes import codes_check
from annotation.judging.crowd.completion import COMPLETE, code_made
from annotation.judging.leases import release_expired
from annotation.models import Item, Judgment, Lease, Participant, Study
from tests.annotation.builders import judge, participant, show_pictures, study
from tests.annotation.pages import HTMX, audit, lease_of, post, rate, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(annotator: User) -> Study:
    return study(items=3)


def gold_first(made: Study, *, plausibility: int = 1, items: int = 1) -> Item:
    """The last item is gold, and has to be answered before the others."""
    gold = made.items.order_by("order_key").last()
    gold.gold = {"plausibility": plausibility, "typicality": None, "explanation": "Because it fits."}
    gold.save()
    Study.objects.update(qualification_items=items, qualification_pass=items)
    return gold


def expire_lease(made: Study) -> None:
    Lease.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    release_expired(made)


def shown(client: Client, made: Study) -> str:
    return client.get(reverse("judge-page", args=[made.pk])).content.decode()


def test_the_first_visit_introduces_and_reserves_nothing(as_annotator: Client, made: Study) -> None:
    assert "Welcome. You will judge 3 reasons" in shown(as_annotator, made)
    assert not Lease.objects.exists()


def test_the_introduction_comes_once(as_annotator: Client, made: Study) -> None:
    as_annotator.get(url("page", made))
    assert "Is it plausible?" in shown(as_annotator, made)


@pytest.mark.parametrize(("expected", "said"), [(1, "As expected"), (0, "Expected otherwise")])
def test_a_check_item_shows_its_answer_after_saving(
    as_annotator: Client, made: Study, expected: int, said: str
) -> None:
    gold_first(made, plausibility=expected)
    assert "Check item 1 of 1" in as_annotator.get(url("page", made)).content.decode()
    answer = rate(as_annotator, made).content.decode()
    assert said in answer
    assert "Because it fits." in answer
    assert "Secret reason" not in answer


def test_without_htmx_the_answer_to_a_check_item_is_shown_too(as_annotator: Client, made: Study) -> None:
    gold_first(made)
    answer = rate(as_annotator, made, htmx=False)
    assert answer["Location"].endswith(f"?checked={Judgment.objects.get().pk}")
    assert "Because it fits." in as_annotator.get(answer["Location"]).content.decode()


def test_somebody_elses_check_item_shows_nothing(as_annotator: Client, made: Study) -> None:
    gold_first(made)
    other = Client()
    other.force_login(participant(made, "other").annotator)
    rate(other, made)
    page = as_annotator.get(reverse("judge-page", args=[made.pk]), {"checked": Judgment.objects.get().pk})
    assert "Because it fits." not in page.content.decode()


@pytest.mark.parametrize("state", [Participant.State.PAUSED, Participant.State.EXCLUDED])
def test_who_is_halted_reads_why_and_whom_to_ask(as_annotator: Client, annotator: User, state: str) -> None:
    boss = User.objects.create(username="okafor", email="okafor@example.org")
    made = study(created_by=boss)
    participant(made, annotator.username)
    Participant.objects.update(state=state, state_reason="Too fast")
    page = shown(as_annotator, made)
    assert "<bdi>Too fast</bdi>." in page
    assert "mailto:okafor@example.org" in page


def test_without_an_audit_saving_leads_straight_on(as_annotator: Client, made: Study) -> None:
    Study.objects.update(audit_share=0)
    answer = rate(as_annotator, made).content.decode()
    assert "✓ Saved" in answer
    assert "Is it plausible?" in answer
    assert "Secret reason" not in answer


def test_the_reason_of_a_wrong_verdict_and_a_comment_are_kept(as_annotator: Client, made: Study) -> None:
    rate(as_annotator, made, comment="blurred\r\npicture")
    assert "blurred\npicture" in shown(as_annotator, made)
    audit(as_annotator, made, answer="wrong", reason="need", comment="now clear")
    kept = Judgment.objects.values_list("filter_right", "audit_reason", "comment").get()
    assert kept == (False, "need", "now clear")


def test_an_item_that_went_back_can_be_taken_again_with_its_answers(as_annotator: Client, made: Study) -> None:
    as_annotator.get(url("page", made))
    item, ticket = lease_of(as_annotator).item_id, as_annotator.get(url("page", made)).context["ticket"]
    expire_lease(made)
    form = {"item": item, "submission": uuid4(), "version": 1, "plausibility": 0, "typicality": 1, "ticket": ticket}
    refused = post(as_annotator, "save", made, **form)
    assert (refused.status_code, refused["HX-Retarget"]) == (409, "#task .trouble")
    again = post(as_annotator, "take", made, **refused.context["kept"])
    assert (lease_of(as_annotator).item_id, again.context["values"]["plausibility"]) == (item, "0")


def test_an_item_that_others_have_now_is_not_taken_again(as_annotator: Client, annotator: User) -> None:
    made = study(items=1, overlap=1)
    ticket = as_annotator.get(url("page", made)).context["ticket"]
    expire_lease(made)
    item_next(participant=participant(made, "other"))
    assert "can&#x27;t be had again" in post(as_annotator, "take", made, ticket=ticket).content.decode()


def test_a_check_item_that_lapsed_comes_again(as_annotator: Client, made: Study) -> None:
    gold = gold_first(made)
    ticket = as_annotator.get(url("page", made)).context["ticket"]
    expire_lease(made)
    answer = post(as_annotator, "take", made, ticket=ticket, plausibility="0")
    assert (answer.status_code, answer.context["item"]["id"], answer.context["values"]["plausibility"]) == (
        200,
        gold.pk,
        "0",
    )


def test_an_item_cannot_be_chosen(as_annotator: Client, made: Study) -> None:
    theirs = as_annotator.get(url("page", made)).context["ticket"]
    chosen = made.items.exclude(pk=lease_of(as_annotator).item_id).first()
    forged = f"{chosen.pk}:{theirs.split(':')[1]}"
    assert "was not yours" in post(as_annotator, "take", made, ticket=forged).content.decode()
    assert lease_of(as_annotator).item_id != chosen.pk


def test_a_page_in_use_keeps_its_item(as_annotator: Client, made: Study) -> None:
    as_annotator.get(url("page", made))
    Lease.objects.update(expires_at=timezone.now())
    assert post(as_annotator, "present", made, item=lease_of(as_annotator).item_id).status_code == 204
    assert lease_of(as_annotator).expires_at > timezone.now() + timedelta(minutes=29)


def test_a_page_in_use_learns_that_its_item_is_gone(as_annotator: Client, made: Study) -> None:
    page = as_annotator.get(url("page", made)).context
    expire_lease(made)
    answer = post(as_annotator, "present", made, item=page["item"]["id"], ticket=page["ticket"])
    assert "This item went back" in answer.content.decode()


def test_ahead_lie_pictures_and_nothing_else(as_annotator: Client, made: Study) -> None:
    show_pictures()
    as_annotator.get(url("page", made))
    ahead = as_annotator.get(url("ahead", made)).json()
    assert list(ahead) == ["pictures"]
    assert all(picture.startswith("/pictures/") for picture in ahead["pictures"])
    assert ahead["pictures"]
    assert Lease.objects.count() == 1


def test_waiting_that_goes_on_changes_nothing_on_the_page(as_annotator: Client) -> None:
    made = study(items=1, overlap=1)
    item_next(participant=participant(made, "other"))
    page = as_annotator.get(url("page", made))
    until = int(page.context["look_again"].timestamp())
    assert as_annotator.get(f"{url('page', made)}&until={until}", headers=HTMX).status_code == 204


def test_a_pause_says_today_and_until_when(as_annotator: Client, made: Study) -> None:
    rate(as_annotator, made)
    audit(as_annotator, made)
    Judgment.objects.update(active_seconds=1100)  # 18 min 20 s
    page = as_annotator.get(url("pause", made), headers=HTMX).content.decode()
    assert "Today: 1 item in 18 min 20 s." in page
    assert "The item is yours until" in page


def test_the_end_gives_a_code_that_can_be_checked(as_annotator: Client, annotator: User) -> None:
    made = study(items=1)
    rate(as_annotator, made)
    code = audit(as_annotator, made).context["code"].text
    typed = code.lower().replace("-", " ")
    (right, wrong) = codes_check(made, ["participant,code", f"anna,{typed}", "anna,MS-0000-0000"])
    assert (right.right, right.kind, right.judged) == (True, "complete", 1)
    assert (wrong.right, wrong.said) == (False, "nobody has this code")


def test_each_participant_has_a_code_of_their_own(made: Study) -> None:
    assert code_made(participant(made, "one"), COMPLETE) != code_made(participant(made, "two"), COMPLETE)


def test_who_comes_too_late_gets_no_code(as_annotator: Client) -> None:
    made = study(items=1, overlap=1)
    judge(participant(made, "other"))
    page = as_annotator.get(url("page", made))
    assert "Nothing is left to judge here" in page.content.decode()
    assert page.context["code"] is None
