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
from annotation.models import Adjudication, Item
from annotation.recheck.check import figures_check
from annotation.selection import ADJUDICATED, Selection
from tests.annotation.builders import preference_study, study_of_ties_and_errors

pytestmark = pytest.mark.django_db


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


def test_the_adjudicator_s_page_shows_no_verdict_and_saves(researcher: User) -> None:
    made = study_of_ties_and_errors()
    judge_of_split = user_create(username="uma", password=None, role=User.Role.ANNOTATOR)
    adjudicator_set(study=made, adjudicator=judge_of_split, by=researcher)
    browser, page = Client(), reverse("judge-adjudicate", args=[made.pk])
    browser.force_login(judge_of_split)
    shown = browser.get(page)
    assert "filter" not in shown.content.decode().lower()
    asked = {"item": shown.context["item"]["id"], "submission": shown.context["submission"]}
    assert b"Answer the question" in browser.post(page, asked, follow=True).content
    browser.post(page, asked | {"plausibility": "1", "typicality": "1"})
    assert Adjudication.objects.get().by == judge_of_split


def counted(figures: Figures) -> tuple[int, ...]:
    quality = figures.filter.quality
    return quality.tp, quality.fp, quality.fn, quality.tn


@pytest.mark.parametrize(("said", "cells"), [(1, (1, 1, 2, 0)), (0, (1, 1, 1, 1))])
def test_the_answer_stands_where_it_is_chosen_as_the_truth(researcher: User, said: int, cells: tuple) -> None:
    """One rightly kept, one wrongly kept, one wrongly rejected; the tie, which is rejected, is none of these until
    somebody decides it."""
    made = study_of_ties_and_errors()
    adjudicator_set(study=made, adjudicator=researcher, by=researcher)
    made.refresh_from_db()
    (item,) = to_adjudicate(made, researcher)
    adjudication_save(study=made, item_id=item.pk, plausibility=said, typicality=2, comment="", by=researcher)
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
