"""A study's page before its first judgment, and the pace after it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.links import link_make
from accounts.models import Link, User
from annotation.figures.pages.starting import study_pace
from annotation.models import Judgment
from tests.annotation.builders import judge, participant, study

pytestmark = pytest.mark.django_db


def test_before_the_first_judgment_the_page_says_how_to_get_annotators(as_researcher: Client, researcher: User) -> None:
    made = study(items=4, overlap=2)
    valid = timedelta(days=1)
    link_make(kind=Link.Kind.INVITATION, by=researcher, role="annotator", study=made, places=12, valid=valid)
    page = as_researcher.get(reverse("study", args=[made.pk]))
    shown = page.content.decode()
    assert "Get annotators" in shown and "opened by <strong>0</strong> of 12" in shown
    assert page.context["panels"] == [] and 'class="figures"' not in shown


def test_the_page_comes_anew_with_the_first_judgment(as_researcher: Client) -> None:
    made = study(items=4, overlap=2)
    polled = f"{reverse('study-figures', args=[made.pk])}?revision=old&start=1"
    assert as_researcher.get(polled).status_code == 204
    judge(participant(made))
    assert as_researcher.get(polled)["HX-Refresh"] == "true"
    assert "Get annotators" not in as_researcher.get(reverse("study", args=[made.pk])).content.decode()


def test_the_link_made_from_there_leads_to_the_study(as_researcher: Client) -> None:
    made = study()
    asked = {"role": "annotator", "study": made.pk, "places": 12, "days": 14}
    assert "data-copy-of" in as_researcher.post(reverse("people-invite"), asked).content.decode()
    assert Link.objects.values_list("study", "places").get() == (made.pk, 12)


def test_the_end_is_told_from_the_last_seven_days() -> None:
    made, now = study(items=4, overlap=2), timezone.now()
    assert study_pace(made) is None
    for _ in range(3):
        judge(participant(made))
    Judgment.objects.update(created_at=now - timedelta(days=3))
    pace = study_pace(made, now)
    assert pace and pace["a_day"] == pytest.approx(1)  # 3 in 3 days
    assert pace["left"] == 5 and pace["ends_at"] - now == timedelta(days=5)  # 4 x 2 - 3, one a day
    Judgment.objects.filter(pk=Judgment.objects.first().pk).update(created_at=now - timedelta(days=30))
    assert study_pace(made, now)["a_day"] == pytest.approx(2 / 7)
