"""One's own earlier items, and their revision."""

from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from annotation.judging.own_views import PER_PAGE
from annotation.models import Judgment, JudgmentRevision, Kind, Study
from tests.annotation.builders import judge, participant, study
from tests.annotation.pages import audit, rate, url
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(annotator: User) -> Study:
    return study(items=3)


def revise(client: Client, judgment: Judgment, **answers) -> HttpResponse:
    where = url("own-item", judgment.item.study, judgment.pk)
    form = {"submission": uuid4(), "plausibility": 0, "typicality": 0, **answers}
    return client.post(where, form, follow=True)


def test_own_items_come_latest_first_page_by_page(as_annotator: Client, annotator: User) -> None:
    made = study(run=finished_run(PER_PAGE), items=PER_PAGE + 2)
    who = participant(made, annotator.username)
    own = [judge(who) for _ in range(PER_PAGE + 2)]
    first = as_annotator.get(url("own", made)).context
    second = as_annotator.get(url("own", made), {"before": first["before"]}).context
    listed = [row["judgment"].pk for row in first["rows"] + second["rows"]]
    assert (len(first["rows"]), second["before"]) == (PER_PAGE, None)
    assert listed == [judgment.pk for judgment in reversed(own)]


def test_nobody_elses_items_are_shown(as_annotator: Client, made: Study) -> None:
    theirs = judge(participant(made, "other"))
    assert as_annotator.get(url("own", made)).context["rows"] == []
    assert as_annotator.get(url("own-item", made, theirs.pk)).status_code == 404
    assert revise(as_annotator, theirs).status_code == 404


def test_check_items_are_not_among_them(as_annotator: Client, made: Study) -> None:
    rate(as_annotator, made)
    Judgment.objects.update(kind=Kind.GOLD)
    assert as_annotator.get(url("own", made)).context["rows"] == []


def test_a_change_after_the_reveal_stands_beside_the_blind_ratings(as_annotator: Client, made: Study) -> None:
    rate(as_annotator, made)
    audit(as_annotator, made)
    page = revise(as_annotator, Judgment.objects.get()).content.decode()
    assert "go on counting" in page
    assert Judgment.objects.values_list("plausibility", "typicality").get() == (1, 2)
    kept = JudgmentRevision.objects.values_list("plausibility", "typicality", "after_reveal").get()
    assert kept == (0, 0, True)


def test_a_change_without_a_reveal_counts(as_annotator: Client, made: Study) -> None:
    Study.objects.update(audit_share=0)
    rate(as_annotator, made)
    page = revise(as_annotator, Judgment.objects.get()).content.decode()
    assert "Your change is saved and counts." in page
    assert "Secret reason" not in page
    assert Judgment.objects.values_list("plausibility", "typicality").get() == (0, 0)


def test_a_comment_alone_is_no_revision(as_annotator: Client, made: Study) -> None:
    rate(as_annotator, made)
    revise(as_annotator, Judgment.objects.get(), plausibility=1, typicality=2, comment="typo in the title")
    assert Judgment.objects.get().comment == "typo in the title"
    assert not JudgmentRevision.objects.exists()


@pytest.mark.parametrize("answers", [{"plausibility": 7}, {"submission": "x"}, {"typicality": ""}])
def test_a_bad_change_is_refused(as_annotator: Client, made: Study, answers: dict) -> None:
    rate(as_annotator, made)
    answer = revise(as_annotator, Judgment.objects.get(), **answers)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert not JudgmentRevision.objects.exists()


def test_after_the_close_nothing_is_revised(as_annotator: Client, made: Study) -> None:
    rate(as_annotator, made)
    Study.objects.update(state=Study.State.CLOSED)
    assert "The study S is closed" in revise(as_annotator, Judgment.objects.get()).content.decode()
    assert not JudgmentRevision.objects.exists()
