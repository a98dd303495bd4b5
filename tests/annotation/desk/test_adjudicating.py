"""Split items before a named adjudicator: blind, once, kept apart, and chosen as the truth."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import user_create
from annotation.design.protocol import StudyRefused
from annotation.desk.adjudicating import adjudication_save, adjudicator_set, to_adjudicate
from annotation.figures.numbers import Figures, study_figures
from annotation.judging.refusals import JudgingRefused
from annotation.models import Adjudication, Item, Study
from annotation.recheck.check import figures_check
from annotation.selection import ADJUDICATED, Selection
from distillation.models import Exposure
from distillation.runs.exposure import exposure_record
from tests.annotation.builders import judge, participant, preference_study, study, study_of_ties_and_errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def uma(db: None) -> User:
    """Who has seen no verdict."""
    return user_create(username="uma", password=None, role=User.Role.ANNOTATOR)


def answer(made: Study, by: User, plausibility: int = 1) -> Adjudication:
    (item,) = to_adjudicate(made, by)
    asked = {"plausibility": plausibility, "typicality": 2, "comment": ""}
    return adjudication_save(study=made, item_id=item.pk, by=by, **asked)


def test_the_adjudicator_gets_what_is_split_and_answers_once(researcher: User) -> None:
    made = study_of_ties_and_errors()
    adjudicator_set(study=made, adjudicator=researcher, by=researcher)
    (item,) = to_adjudicate(made, researcher)
    asked = {"study": made, "item_id": item.pk, "typicality": 2, "comment": "", "by": researcher}
    adjudication_save(plausibility=1, **asked)
    adjudication_save(plausibility=0, **asked)  # a second click
    assert Adjudication.objects.get().plausibility == 1
    assert list(to_adjudicate(made, researcher)) == [] and study_figures(made).judgments == 8


def test_who_judged_an_item_does_not_adjudicate_it(researcher: User) -> None:
    made = study_of_ties_and_errors()
    judged = User.objects.get(username="ann-0")
    adjudicator_set(study=made, adjudicator=judged, by=researcher)
    assert list(to_adjudicate(made, judged)) == []
    asked = {"study": made, "plausibility": 1, "typicality": 2, "comment": ""}
    tie = Item.objects.filter(judgments__plausibility=0).filter(judgments__plausibility=1).get()
    with pytest.raises(JudgingRefused, match="judged this item yourself"):
        adjudication_save(item_id=tie.pk, by=judged, **asked)
    with pytest.raises(JudgingRefused, match="not the adjudicator"):
        adjudication_save(item_id=tie.pk, by=researcher, **asked)


def test_the_adjudicator_s_page_shows_no_verdict_and_saves(researcher: User, uma: User) -> None:
    made = study_of_ties_and_errors()
    adjudicator_set(study=made, adjudicator=uma, by=researcher)
    browser, page = Client(), reverse("judge-adjudicate", args=[made.pk])
    browser.force_login(uma)
    shown = browser.get(page)
    assert "filter" not in shown.content.decode().lower()
    asked = {"item": shown.context["item"]["id"], "submission": shown.context["submission"]}
    assert b"Answer the question" in browser.post(page, asked, follow=True).content
    browser.post(page, asked | {"plausibility": "1", "typicality": "1"})
    assert Adjudication.objects.values_list("by", "had_seen").get() == (uma.pk, "")


def test_who_has_seen_verdicts_is_told_marked_and_counted_on_wish(researcher: User, as_researcher: Client) -> None:
    """Against the majority the tie is in no cell; with Rosa's yes it is one more wrongly rejected."""
    made = study_of_ties_and_errors()
    where = {"to": "adjudicator", "adjudicator-adjudicator": researcher.pk}
    named = as_researcher.post(reverse("study-manage", args=[made.pk]), where, follow=True)
    assert "rosa has seen verdicts of these runs, or could" in named.content.decode()
    assert b"your judgments are marked" in as_researcher.get(reverse("judge-adjudicate", args=[made.pk])).content
    made.refresh_from_db()
    assert answer(made, researcher).had_seen == "role"
    blind, seen = (Selection(truth=ADJUDICATED, with_seen=with_seen) for with_seen in (False, True))
    assert [counted(study_figures(made, chosen)) for chosen in (blind, seen)] == [(1, 1, 1, 0), (1, 1, 2, 0)]
    assert figures_check(made, choices=[blind, seen], only={"figures"}).differences == []
    page = as_researcher.get(reverse("study", args=[made.pk]), {"truth": ADJUDICATED}).content.decode()
    assert "1 adjudication by somebody who had seen verdicts: left out" in page


def test_a_study_that_refuses_them_has_no_such_adjudicator(researcher: User, uma: User) -> None:
    made = study_of_ties_and_errors()
    Study.objects.update(seen="refuse")
    made.refresh_from_db()
    with pytest.raises(StudyRefused, match="rosa has seen verdicts of the runs of S, or could"):
        adjudicator_set(study=made, adjudicator=researcher, by=researcher)
    adjudicator_set(study=made, adjudicator=uma, by=researcher)
    made.refresh_from_db()
    (item,) = to_adjudicate(made, uma)
    exposure_record(user=uma, runs=[item.run_id], where=Exposure.Where.FILE)
    assert list(to_adjudicate(made, uma)) == []
    with pytest.raises(JudgingRefused, match="You have seen verdicts"):
        adjudication_save(study=made, item_id=item.pk, plausibility=1, typicality=2, comment="", by=uma)
    browser = Client()
    browser.force_login(uma)
    assert b"have not seen the verdicts" in browser.get(reverse("judge-adjudicate", args=[made.pk])).content


def test_a_verdict_that_a_judgment_in_another_study_showed_is_seen(researcher: User, uma: User) -> None:
    made = study_of_ties_and_errors()
    other = participant(study(run=made.runs.get(), name="S2", items=4), "uma")
    for _ in range(4):
        judge(other)
    adjudicator_set(study=made, adjudicator=uma, by=researcher)
    Study.objects.update(seen="refuse")
    assert list(to_adjudicate(Study.objects.get(pk=made.pk), uma)) == []
    Study.objects.update(seen="mark")
    assert answer(Study.objects.get(pk=made.pk), uma).had_seen == "own"


def counted(figures: Figures) -> tuple[int, ...]:
    quality = figures.filter.quality
    return quality.tp, quality.fp, quality.fn, quality.tn


@pytest.mark.parametrize(("said", "cells"), [(1, (1, 1, 2, 0)), (0, (1, 1, 1, 1))])
def test_the_answer_stands_where_it_is_chosen_as_the_truth(uma: User, said: int, cells: tuple) -> None:
    """One rightly kept, one wrongly kept, one wrongly rejected; the tie, which is rejected, is none of these until
    somebody decides it."""
    made = study_of_ties_and_errors()
    adjudicator_set(study=made, adjudicator=uma, by=None)
    made.refresh_from_db()
    answer(made, uma, said)
    found = study_figures(made, Selection(truth=ADJUDICATED))
    assert counted(found) == cells
    assert counted(study_figures(made)) == (1, 1, 1, 0)
    assert found.rates == study_figures(made).rates  # of the annotators alone


def test_an_export_recomputes_the_figures_against_the_adjudicator(researcher: User, as_researcher: Client) -> None:
    made = study_of_ties_and_errors()
    Adjudication.objects.create(item=Item.objects.order_by("pk")[1], by=researcher, plausibility=1)
    chosen = Selection(truth=ADJUDICATED)
    check = figures_check(made, choices=[chosen], only={"figures", "confusion"})
    assert check.differences == [] and check.numbers > 0
    page = as_researcher.get(reverse("study", args=[made.pk]), {"truth": ADJUDICATED})
    assert "set against the named adjudicator" in page.content.decode()


def test_preferences_are_not_adjudicated(researcher: User) -> None:
    with pytest.raises(StudyRefused, match="not adjudicated"):
        adjudicator_set(study=preference_study(), adjudicator=researcher, by=researcher)
