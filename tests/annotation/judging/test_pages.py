import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import user_create
from annotation.design.services import study_set_state
from annotation.judging.allocation import item_next
from annotation.judging.page import page_context
from annotation.models import Item, Judgment, Lease, Skip, Study
from distillation.models import Intention, Product, Verdict
from tests.annotation.builders import judge, participant, save, show_pictures, study
from tests.annotation.pages import HTMX, audit, post, rate, url
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

SECRETS = ["Secret reason", "secret-run", "secret-model", "0.8765", "88 %", "p_yes", "✓ Kept", "✕ Rejected"]


@pytest.fixture
def blind(annotator: User) -> Study:
    made = study(run=finished_run(name="secret-run", model="secret-model"), items=3)
    Verdict.objects.update(p_yes=0.8765)
    return made


def secrets_in(response) -> list[str]:
    return [secret for secret in SECRETS if secret in response.content.decode()]


def test_the_home_page_lists_open_studies(as_annotator: Client, blind: Study) -> None:
    page = as_annotator.get(reverse("judge-home"))
    assert "You have judged 0 of 3." in page.content.decode()
    assert secrets_in(page) == []


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_nothing_of_the_verdict_is_sent_before_the_ratings_are_saved(
    as_annotator: Client, blind: Study, headers: dict
) -> None:
    page = as_annotator.get(url("page", blind), headers=headers)
    assert "Is it plausible?" in page.content.decode()
    assert secrets_in(page) == []


def test_an_incomplete_answer_reveals_nothing(as_annotator: Client, blind: Study) -> None:
    answer = rate(as_annotator, blind, typicality="")
    assert "Answer the question: How typical" in answer.content.decode()
    assert secrets_in(answer) == []


def test_saving_reveals_the_verdict_and_its_reason(as_annotator: Client, blind: Study) -> None:
    answer = rate(as_annotator, blind)
    assert secrets_in(answer) == ["Secret reason", "88 %", "✓ Kept"]
    assert "Was the filter right?" in answer.content.decode()
    assert Judgment.objects.filter(plausibility=1, typicality=2, filter_right=None).count() == 1


def test_the_audit_leads_to_the_next_item_blind_again(as_annotator: Client, blind: Study) -> None:
    rate(as_annotator, blind)
    answer = audit(as_annotator, blind, answer="wrong")
    assert "Is it plausible?" in answer.content.decode()
    assert secrets_in(answer) == []
    assert Judgment.objects.get().filter_right is False


def test_a_reload_before_the_audit_shows_the_reveal_again(as_annotator: Client, blind: Study) -> None:
    rate(as_annotator, blind)
    assert "Was the filter right?" in as_annotator.get(url("page", blind)).content.decode()
    assert not Lease.objects.exists()


def test_no_item_can_be_rated_while_an_audit_is_owed(as_annotator: Client, blind: Study) -> None:
    rate(as_annotator, blind)
    other = Item.objects.exclude(judgments__isnull=False).first().pk
    answer = post(as_annotator, "save", blind, item=other, submission=uuid4(), version=1, plausibility=1, typicality=1)
    assert "Was the filter right?" in answer.content.decode()
    assert Judgment.objects.count() == 1


def test_a_made_up_judgment_cannot_be_audited(as_annotator: Client, blind: Study) -> None:
    as_annotator.get(url("page", blind))
    answer = audit(as_annotator, blind, judgment=12345)
    assert "after you have rated the item" in answer.content.decode()
    assert secrets_in(answer) == []


def test_somebody_elses_judgment_cannot_be_audited(as_annotator: Client, blind: Study) -> None:
    theirs = save(item_next(participant=participant(blind, "other")))
    answer = audit(as_annotator, blind, judgment=theirs.pk)
    assert secrets_in(answer) == []
    assert Judgment.objects.get().filter_right is None


def test_an_item_that_is_not_leased_cannot_be_rated(as_annotator: Client, blind: Study) -> None:
    theirs = item_next(participant=participant(blind, "other"))
    answer = rate(as_annotator, blind, item=theirs.item_id)
    assert "This item is not yours any more" in answer.content.decode()
    assert secrets_in(answer) == []
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("field", ["item", "submission", "plausibility"])
@pytest.mark.parametrize("value", ["", "x", "9" * 30], ids=["empty", "letters", "huge"])
def test_a_broken_form_is_refused_and_writes_nothing(
    as_annotator: Client, blind: Study, field: str, value: str
) -> None:
    answer = rate(as_annotator, blind, htmx=False, **{field: value})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert not Judgment.objects.exists()


def test_a_broken_audit_is_refused(as_annotator: Client, blind: Study) -> None:
    rate(as_annotator, blind)
    assert "Answer the question: Was the filter right?" in audit(as_annotator, blind, answer="").content.decode()
    assert "The form came broken" in audit(as_annotator, blind, judgment="x").content.decode()


@pytest.mark.parametrize("name", ["page", "ahead", "pause", "own", "save", "audit", "skip", "take", "present"])
@pytest.mark.parametrize("study_id", [999_999, 10**30])
def test_a_forged_study_is_not_found(as_annotator: Client, name: str, study_id: int) -> None:
    where = reverse(f"judge-{name}", args=[study_id])
    reads = name in ("page", "ahead", "pause", "own")
    answer = as_annotator.get(where) if reads else as_annotator.post(where)
    assert answer.status_code == 404


def test_a_judgment_needs_the_csrf_token(annotator: User, blind: Study) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(annotator)
    assert rate(client, blind).status_code == 403
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("name", ["home", "page"])
def test_anonymous_visitors_sign_in_first(client: Client, blind: Study, name: str) -> None:
    where = reverse(f"judge-{name}", args=[] if name == "home" else [blind.pk])
    assert client.get(where)["Location"] == f"{reverse('login')}?next={where}"


def test_without_htmx_each_step_redirects_to_the_page(as_annotator: Client, blind: Study) -> None:
    for step in (rate(as_annotator, blind, htmx=False), audit(as_annotator, blind, htmx=False)):
        assert (step.status_code, step["Location"]) == (302, reverse("judge-page", args=[blind.pk]))


def test_a_double_submit_is_one_judgment(as_annotator: Client, blind: Study) -> None:
    as_annotator.get(url("page", blind))
    form = {
        "item": Lease.objects.get().item_id,
        "submission": uuid4(),
        "version": 1,
        "plausibility": 1,
        "typicality": 2,
    }
    for answer in [post(as_annotator, "save", blind, **form) for _ in range(2)]:
        assert "Was the filter right?" in answer.content.decode()
    assert Judgment.objects.count() == 1


def test_a_skip_gives_another_item(as_annotator: Client, blind: Study) -> None:
    as_annotator.get(url("page", blind))
    item = Lease.objects.get().item_id
    answer = post(as_annotator, "skip", blind, item=item, submission=uuid4(), reason="picture")
    assert "Is it plausible?" in answer.content.decode()
    assert Skip.objects.get().item_id == item != Lease.objects.get().item_id


def test_a_missing_picture_is_said_and_can_be_reported(as_annotator: Client, blind: Study) -> None:
    page = as_annotator.get(url("page", blind)).content.decode()
    assert "Picture A can't be shown" in page
    assert 'name="reason" value="picture"' in page


def test_the_pictures_stand_side_by_side(as_annotator: Client, blind: Study) -> None:
    show_pictures()
    page = as_annotator.get(url("page", blind)).content.decode()
    pictures = re.findall(r'<img src="(/pictures/[0-9a-f]{64}\.jpg)"', page)
    assert len(pictures) == 2
    assert as_annotator.get(pictures[0])["Content-Type"] == "image/jpeg"


def test_the_sides_are_those_of_the_lease(as_annotator: Client, blind: Study) -> None:
    page = as_annotator.get(url("page", blind)).content.decode()
    lease = Lease.objects.get()
    cobuy = lease.item.intention.cobuy
    assert (page.index(cobuy.a.title) < page.index(cobuy.b.title)) is lease.a_on_left


def test_text_from_models_and_shops_is_escaped(as_annotator: Client, blind: Study) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    Intention.objects.update(text=evil)
    Product.objects.update(title=evil)
    Verdict.objects.update(reason=evil)
    pages = as_annotator.get(url("page", blind)).content + rate(as_annotator, blind).content
    assert b"&lt;script&gt;alert(1)" in pages
    assert b"<script>alert" not in pages
    assert b"<img src=x" not in pages


@pytest.mark.parametrize(("plausibility", "asked"), [(0, False), (1, True)])
def test_typicality_is_asked_only_after_yes(as_annotator: Client, blind: Study, plausibility: int, asked: bool) -> None:
    Study.objects.update(typicality_after_yes=True)
    answer = rate(as_annotator, blind, plausibility=plausibility, typicality="").content.decode()
    assert ("Answer the question: How typical" in answer) is asked
    assert Judgment.objects.exists() is not asked


def test_the_end_is_said(as_annotator: Client, blind: Study) -> None:
    for _ in range(3):
        rate(as_annotator, blind)
        answer = audit(as_annotator, blind)
    assert "That was the last one" in answer.content.decode()


def test_waiting_is_said_and_looks_again(as_annotator: Client) -> None:
    made = study(items=1, overlap=1)
    item_next(participant=participant(made, "other"))
    page = as_annotator.get(url("page", made)).content.decode()
    assert "All items are with others right now" in page
    assert "every 20s" in page


@pytest.mark.parametrize("state", ["paused", "closed"])
def test_a_study_that_is_not_open_says_so(as_annotator: Client, blind: Study, state: str) -> None:
    form = {"submission": uuid4(), "version": 1, "plausibility": 1, "typicality": 2}
    as_annotator.get(url("page", blind))
    study_set_state(study=blind, state=state)
    Lease.objects.update(expires_at=timezone.now())
    assert f"This study is {state}" in as_annotator.get(url("page", blind)).content.decode()
    answer = post(as_annotator, "save", blind, item=Lease.objects.get().item_id, **form)
    assert f"The study S is {state}; what you have saved is kept" in answer.content.decode()


def test_a_study_paused_since_the_request_began_says_so(blind: Study) -> None:
    who = participant(blind)
    Study.objects.update(state="paused")
    assert (who.study.state, page_context(who, started=True)["state"]) == ("open", "paused")


def test_progress_counts_only_ones_own_judgments(as_annotator: Client, blind: Study) -> None:
    judge(participant(blind, "other"))
    rate(as_annotator, blind)
    assert "1 of 3" in audit(as_annotator, blind).content.decode()


def test_two_annotators_see_nothing_of_each_other(as_annotator: Client, blind: Study) -> None:
    other = Client()
    other.force_login(user_create(username="otto", password="correct-horse", role=User.Role.ANNOTATOR))
    rate(other, blind)
    page = as_annotator.get(url("page", blind))
    assert "otto" not in page.content.decode()
    assert secrets_in(page) == []


def test_the_page_is_never_kept_in_a_cache(as_annotator: Client, blind: Study) -> None:
    assert "no-store" in as_annotator.get(url("page", blind))["Cache-Control"]


def test_what_is_done_or_not_open_stands_apart(as_annotator: Client, blind: Study) -> None:
    Study.objects.update(state=Study.State.CLOSED)
    page = as_annotator.get(reverse("judge-home"))
    assert ([row["to_do"] for row in page.context["others"]], page.context["studies"]) == ([False], [])
    Study.objects.update(state=Study.State.OPEN)
    assert len(as_annotator.get(reverse("judge-home")).context["studies"]) == 1
