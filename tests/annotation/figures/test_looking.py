"""With a plan the page says when to stop; the interval is `stats.looking`'s, whose coverage the bench measures."""

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from annotation.design.planning.fixed import Planned
from annotation.figures.panels.looking import PANEL, Looking
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.models import Item, Study
from annotation.recheck.check import figures_check
from annotation.selection import EVERYTHING, Selection
from common.cached import shared
from stats.looking import beta_mixture, share_sequence
from stats.sample import sample_of
from tests.annotation.builders import judge, participant, rate_all, study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    shared.clear()


def planned(plan: Planned | None, *, yes: int = 30, items: int = 40) -> Study:
    """`yes` of 40 items are found plausible, by one person each."""
    made = study(run=finished_run(items // 2), items=items, overlap=1, plan=plan)
    rate_all(made, {item.pk: [(int(place < yes), 2)] for place, item in enumerate(made.items.order_by("pk"))})
    return made


def found(made: Study, selection: Selection = EVERYTHING) -> Looking:
    return PANEL.numbers(Live(Asked(made, selection)))


def test_the_interval_of_all_looks_stands_beside_that_of_one() -> None:
    shown = found(planned(Planned("plausibility")))
    assert shown.once.value == shown.always.value == 30 / 40
    assert shown.always == beta_mixture(30, 10, 40)
    assert shown.always.ci95[0] < shown.once.ci95[0] < shown.once.ci95[1] < shown.always.ci95[1]


def test_of_several_votes_an_item_the_sequence_is_that_of_shares() -> None:
    made = study(run=finished_run(20), items=40, overlap=2, plan=Planned("plausibility"))
    rate_all(made, {item.pk: [(1, 2), (place % 2, 2)] for place, item in enumerate(made.items.order_by("pk"))})
    # Half of the items have two of two, half one of two.
    assert found(made).always == share_sequence(sample_of(40), np.repeat([1.0, 0.5], 20), np.ones(40), 40)


def test_before_thirty_items_plain_answers_have_a_sequence_too() -> None:
    assert found(planned(Planned("plausibility"), items=4, yes=2)).always == beta_mixture(2, 2, 4)


def test_it_says_stop_once_the_wanted_half_width_is_reached() -> None:
    made = planned(Planned("plausibility", half_width=0.3))
    assert "Stop: the half-width is under 30 points." in PANEL.show(Live(Asked(made))).short


def test_it_says_how_far_there_is_to_go() -> None:
    made = study(run=finished_run(20), items=40, overlap=1, plan=Planned("plausibility", half_width=0.02))
    who = participant(made)
    for place in range(32):
        judge(who, place % 2)
    half = found(made).half_width
    assert f"Go on: the half-width is {100 * half:.1f} points, wanted are 2." in PANEL.show(Live(Asked(made))).short


def test_the_planned_size_ends_it_too() -> None:
    assert "Stop: the planned 35 items are judged." in PANEL.show(Live(Asked(planned(Planned("accuracy", 35))))).short


@pytest.mark.parametrize(("figure", "value"), [("accuracy", 20 / 40), ("precision", 15 / 20), ("recall", 15 / 30)])
def test_the_filters_figures(figure: str, value: float) -> None:
    """The filter keeps every second of the items, so 15 of the 30 plausible and 5 of the 10 others."""
    made = study(run=finished_run(20), items=40, overlap=1, plan=Planned(figure))
    for place, item in enumerate(made.items.order_by("pk")):
        Item.objects.filter(pk=item.pk).update(p_yes=0.9 if place % 2 else 0.1, filter_yes=bool(place % 2))
    rate_all(made, {item.pk: [(int(place < 30), 2)] for place, item in enumerate(made.items.order_by("pk"))})
    assert found(made).once.value == pytest.approx(value)


def test_without_a_plan_there_is_no_panel(as_researcher: Client) -> None:
    made = planned(None, items=4, yes=2)
    assert "How far the plan is" not in text(as_researcher.get(reverse("study", args=[made.pk])))
    assert "No plan was fixed" in PANEL.show(Live(Asked(made))).empty


def test_with_a_choice_the_plan_does_not_speak() -> None:
    made = planned(Planned("plausibility"), items=4, yes=2)
    assert "take the choice above away" in PANEL.show(Live(Asked(made, Selection(relation="isA")))).empty


def test_the_export_gives_the_same_numbers() -> None:
    made = planned(Planned("recall"))
    check = figures_check(made)
    assert check.compared["looking"] > 6
    assert not check.differences
