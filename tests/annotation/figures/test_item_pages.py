"""The items behind a study's figures, page by page."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Item, Study
from tests.annotation.builders import judge, participant, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("show", "places"),
    [
        ("wrongly_kept", [2]),
        ("wrongly_rejected", [3]),
        ("tie", [1]),
        ("rightly_kept", [0]),
        ("wrong", [3, 2]),
        ("open", []),
    ],
)
def test_items_are_found_by_what_became_of_them(as_researcher: Client, judged: Study, show: str, places: list) -> None:
    items = list(judged.items.order_by("pk"))
    answer = as_researcher.get(reverse("study-items", args=[judged.pk]), {"show": show})
    assert [row["item"].pk for row in answer.context["rows"]] == [items[place].pk for place in places]


def test_items_come_in_pages_with_links_to_their_intentions(as_researcher: Client) -> None:
    made = study(run=finished_run(20), items=40, overlap=1)
    where = reverse("study-items", args=[made.pk])
    first = as_researcher.get(where)
    second = as_researcher.get(where, {"after": first.context["page"].next})
    assert (len(first.context["rows"]), len(second.context["rows"])) == (25, 15)
    assert reverse("intention", args=[first.context["rows"][0]["item"].intention_id]) in first.content.decode()


def test_each_row_shows_its_pair_without_a_question_more(as_researcher: Client) -> None:
    made = study(run=finished_run(3), items=6, overlap=1)
    where = reverse("study-items", args=[made.pk])
    as_researcher.get(where)  # writes when the researcher was last seen
    with CaptureQueriesContext(connection) as queries:
        shown = as_researcher.get(where).content.decode()
    pair = made.items.first().intention.cobuy
    assert pair.a.title in shown
    assert pair.b.title in shown
    assert not [query for query in queries if 'FROM "distillation_product"' in query["sql"]]


def test_the_page_asks_as_much_of_a_large_study_as_of_a_small_one(as_researcher: Client) -> None:
    small = study(run=finished_run(2), items=2, overlap=1)
    large = study(run=small.runs.get(), name="Large", items=4, overlap=1)
    as_researcher.get(reverse("study-list"))  # writes when the researcher was last seen
    asked_for = []
    for made in (small, large):
        judge(participant(made))
        with CaptureQueriesContext(connection) as queries:
            as_researcher.get(reverse("study", args=[made.pk]))
        asked_for.append(len(queries))
    assert asked_for[0] == asked_for[1] <= 35


def test_of_many_categories_one_types_the_name(as_researcher: Client) -> None:
    made = study(run=finished_run(40), items=80, overlap=1)
    for number, item in enumerate(made.items.all()):
        Item.objects.filter(pk=item.pk).update(category=f"Category {number}")
    judge(participant(made))  # until then the page offers no choice
    other = made.items.filter(n_judged=0).first().category
    shown = as_researcher.get(reverse("study", args=[made.pk]), {"category": other}).content.decode()
    assert 'list="study-categories"' in shown
    assert "0 of 1 judgments" in shown.replace("<strong>", "").replace("</strong>", "")
