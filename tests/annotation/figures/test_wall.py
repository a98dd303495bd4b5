"""A study on the wall of a lab: its headline figures, and how many judge at this moment."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Lease
from tests.annotation.builders import judge, participant, study
from tests.annotation.pages import text, url

pytestmark = pytest.mark.django_db


def test_the_wall_says_how_many_judge_now(as_researcher: Client, as_annotator: Client) -> None:
    made = study()
    as_annotator.get(url("page", made))  # takes an item in hand
    assert "1 person is judging now." in text(as_researcher.get(reverse("study-wall", args=[made.pk])))
    Lease.objects.all().delete()
    assert "0 people are judging now." in text(as_researcher.get(reverse("study-now", args=[made.pk])))


def test_the_strip_is_silent_until_somebody_judges(as_researcher: Client) -> None:
    made = study()
    strip = reverse("study-now", args=[made.pk])
    assert as_researcher.get(f"{strip}?revision=0-None").status_code == 204
    judge(participant(made))
    assert "The last judgment came at" in text(as_researcher.get(f"{strip}?revision=0-None"))


def test_the_last_judgment_is_that_of_whoever_came_last(as_researcher: Client) -> None:
    made = study(overlap=3)
    for name in ("ann", "ben", "ann"):
        last = judge(participant(made, name))
    shown = as_researcher.get(reverse("study-now", args=[made.pk])).content.decode()
    assert f'datetime="{last.created_at.isoformat()}"' in shown


def test_an_open_study_that_has_begun_asks_for_the_strip_on_its_page(as_researcher: Client) -> None:
    made = study()
    where, strip = (reverse(name, args=[made.pk]) for name in ("study", "study-now"))
    assert f"{strip}?strip=1" not in as_researcher.get(where).content.decode()
    judge(participant(made))
    assert f"{strip}?strip=1" in as_researcher.get(where).content.decode()
    assert "a day" not in text(as_researcher.get(f"{strip}?strip=1"))  # the page says it already
