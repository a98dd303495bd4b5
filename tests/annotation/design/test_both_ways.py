"""What so many items tell and how many tell so much; the formulas' own tests stand in tests/stats."""

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from annotation.design.planning.both_ways import ASSUMED_GAIN, Gain, Sizes, Wanted, gain_known, ways
from annotation.models import Item, Participant
from common.cached import shared
from tests.annotation.builders import participant, rate_all, study
from tests.annotation.pages import text
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    shared.clear()


def told(**more) -> dict:
    sizes, asked = Sizes(400, 200, more.pop("paired", False)), {"overlap": 1, "effect": 1.0, "gain": Gain(1.0, "none")}
    return {way.figure: way for way in ways(sizes, Wanted(0.05, 0.1), **asked | more)}


def test_from_items_to_a_half_width_and_back() -> None:
    plausible = told()["Plausible"]
    assert plausible.half_width == pytest.approx(100 * 1.959964 * (0.24 / 400) ** 0.5, abs=1e-4)
    assert plausible.items_width == 369  # 1.96² 0.24 / 0.05² = 368.8
    # (1.96 + 0.8416)² 2 · 0.24 / 0.1² = 376.7, and with 200 of each 0.1 · √(376.7 / 200)
    assert plausible.items_difference == 377
    assert plausible.difference == pytest.approx(13.73, abs=0.01)


def test_precision_is_told_by_the_kept_and_recall_by_the_plausible() -> None:
    found = told()  # 1.96² · 0.8 · 0.2 / 0.6 / 0.05² = 409.8
    assert found["Precision"].items_width == found["Recall"].items_width == 410


def test_agreement_takes_two_and_gains_nothing() -> None:
    assert "Agreement, α" not in told()
    two, more = told(overlap=2), told(overlap=2, gain=Gain(1.5, "x"))
    assert two["Agreement, α"] == more["Agreement, α"]
    assert more["Plausible"].items_width < two["Plausible"].items_width


def test_pairs_find_a_difference_with_fewer_items() -> None:
    assert told(paired=True)["Plausible"].items_difference == 264  # 376.7 · (1 - 0.3)


def test_the_gain_is_assumed_until_a_study_has_told() -> None:
    assert gain_known() == Gain(ASSUMED_GAIN, "assumed")


def test_the_gain_is_that_of_the_latest_study() -> None:
    made = study(run=finished_run(50), items=100, overlap=1)
    says = {item.pk: place % 2 for place, item in enumerate(made.items.order_by("pk"))}
    p_yes = {pk: (0.9 if place % 4 == 1 else 0.1) if says[pk] else 0.3 for place, pk in enumerate(says)}
    for pk, p in p_yes.items():
        Item.objects.filter(pk=pk).update(p_yes=p)
    rate_all(made, {pk: [(says[pk], 2)] for pk in says})
    r = np.corrcoef(list(says.values()), list(p_yes.values()))[0, 1]
    assert gain_known().value == pytest.approx(1 / (1 - r**2))
    assert gain_known().source == "as in the study S"


def plan(client: Client, **changes) -> str:
    asked = {"runs": [finished_run(name="r2").pk], "items": 4, "overlap": 2, "seed": 1, **changes}
    return text(client.post(reverse("study-plan"), asked))


def test_the_page_plans_both_ways(as_researcher: Client) -> None:
    shown = plan(as_researcher, overlap=1, want_width="4", want_difference="20")
    assert "Items for ± 4 Items a run for a difference of 20" in shown
    assert "Plausible 45.8" in shown  # 1.96 √(0.24 / 4 / 1.1)
    assert "100 items count like 110 for shares (assumed)" in shown


def test_a_wanted_width_of_nothing_is_said(as_researcher: Client) -> None:
    shown = plan(as_researcher, want_width="0")
    assert "Wanted half-width, points: Ensure this value is greater than or equal to 0.1." in shown
    assert "Items for ± 5" in shown


def test_the_pace_has_a_floor(as_researcher: Client) -> None:
    made = study(run=finished_run(name="r1"))
    Participant.objects.filter(pk=participant(made).pk).update(n_judged=200, seconds=200)
    assert "at 5 s an item (the least that reading takes)" in plan(as_researcher)
