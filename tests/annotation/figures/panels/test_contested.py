"""Where people are split, and who agrees with whom."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.figures.panels.all import PANELS
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.models import Item, Participant, Study
from annotation.recheck.check import figures_check
from tests.annotation.builders import rate_all, study
from tests.annotation.panels import show
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

# What three annotators say of four items; the filter keeps the first and the third.
SAID = [(1, 1, 1), (1, 1, 0), (1, 0, 0), (0, 0, 0)]


@pytest.fixture
def split() -> Study:
    made = study(run=finished_run(2), items=4, overlap=3)
    items = list(made.items.order_by("pk"))
    for k, item in enumerate(items):
        Item.objects.filter(pk=item.pk).update(p_yes=0.9 - 0.7 * (k % 2), filter_yes=k % 2 == 0)
    rate_all(made, {item.pk: [(said, 1) for said in of] for item, of in zip(items, SAID, strict=True)})
    return made


def pseudonyms() -> list[str]:
    people = Participant.objects.order_by("annotator__username")
    return list(people.values_list("pseudonym", flat=True))


def test_half_of_the_items_are_contested(split: Study) -> None:
    found = PANELS["contested"].numbers(Live(Asked(split)))
    assert (found.contested.value, found.contested.n, found.by_kept[True].value) == (0.5, 4, 0.5)
    # -(1/3 log2 1/3 + 2/3 log2 2/3)
    assert found.splits[1, 2].bits == found.splits[2, 1].bits == pytest.approx(0.9183, abs=1e-4)


def test_contested_items_come_with_the_most_even_split_first(as_researcher: Client) -> None:
    made = study(run=finished_run(30), items=60, overlap=5)
    pks = list(made.items.order_by("pk").values_list("pk", flat=True))
    for k, (yes, no) in enumerate([(4, 0), (3, 1), (2, 2), (1, 1), (3, 2), (1, 0)] * 5):
        Item.objects.filter(pk=pks[k]).update(plausibility_tally=(yes << 7) + no)
    where = reverse("study-items", args=[made.pk])
    first = as_researcher.get(where, {"show": "contested"})
    tallies = [row["item"].plausibility_tally for row in first.context["rows"]]
    even = [(2 << 7) + 2] * 5 + [(1 << 7) + 1] * 5 + [(3 << 7) + 2] * 5 + [(3 << 7) + 1] * 5
    assert (tallies, first.context["page"].next) == (even, None)


def test_contested_items_come_page_by_page(as_researcher: Client) -> None:
    made = study(run=finished_run(20), items=40, overlap=2)
    made.items.update(plausibility_tally=(1 << 7) + 1)
    where = reverse("study-items", args=[made.pk])
    first = as_researcher.get(where, {"show": "contested"})
    second = as_researcher.get(where, {"show": "contested", "after": first.context["page"].next})
    pks = [row["item"].pk for page in (first, second) for row in page.context["rows"]]
    assert pks == sorted(made.items.values_list("pk", flat=True), reverse=True)


def test_each_two_annotators_are_set_side_by_side(split: Study) -> None:
    found = PANELS["pairs"].numbers(Live(Asked(split))).agreement
    one, _, three = pseudonyms()
    first, last = sorted((one, three))
    # ann-0 and ann-2 differ on the second and third item.
    assert (found[first][last].value, found[first][last].n) == (0.5, 4)
    assert len(show("pairs", split).plot.discs) == 3


def test_who_says_yes_more_often_is_lenient(split: Study) -> None:
    found = PANELS["lenience"].numbers(Live(Asked(split))).people
    # ann-0 says yes to 1, 1, 1, 0; the others to 1, 1/2, 0, 0 of these: (0 + 1/2 + 1 + 0)/4.
    one, two, three = (found[name].value for name in pseudonyms())
    assert (one, two, three) == (pytest.approx(0.375), 0, pytest.approx(-0.375))


def test_accuracy_is_told_by_the_number_of_votes(split: Study) -> None:
    # Majorities are yes, yes, no, no; kept are the first and the third: two of four are right.
    ((votes, accuracy, *_),) = show("accuracy_by_votes", split).table.rows
    assert (votes, accuracy.value, accuracy.n) == (3, 0.5, 4)


def test_relations_differ_in_how_alike_people_judge(split: Study) -> None:
    groups = PANELS["agreement_by_group"].numbers(Live(Asked(split))).groups
    assert set(groups) == set(split.items.values_list("relation", flat=True))
    # Of items with all alike 3 of 3 pairs agree, of the others 1 of 3: over four items (1 + 1/3 + 1/3 + 1)/4.
    assert sum(of.pairs.value * of.pairs.n for of in groups.values()) / 4 == pytest.approx(2 / 3)


def test_the_panels_on_people_are_worked_out_anew(split: Study) -> None:
    check = figures_check(split)
    assert check.differences == []
    assert {"pairs", "lenience", "contested", "accuracy_by_votes"} <= set(check.compared)
