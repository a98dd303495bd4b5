"""What panels and lists say of studies made for one question each."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from annotation.design.services import study_create
from annotation.figures.panels.agreement_by_judgments import up_to_each_moment
from annotation.figures.panels.all import PANELS
from annotation.figures.rows.live import Live
from annotation.models import Item, Judgment, Study
from stats.agreement.coefficients import krippendorff_alpha
from tests.annotation.builders import judge, participant, rate_all, study
from tests.annotation.pages import text
from tests.annotation.panels import asked, page, show
from tests.distillation.builders import finished_run, run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", PANELS)
def test_without_judgments_each_panel_says_so(as_researcher: Client, empty: Study, name: str) -> None:
    answer = page(as_researcher, empty, name)
    assert answer.status_code == 200
    assert (show(name, empty).empty == "") == (name in ("progress", "p_yes"))
    assert escape(show(name, empty).empty) in answer.content.decode()


def test_shares_of_many_categories_are_drawn_in_part() -> None:
    made = study(run=finished_run(40), items=80, overlap=1)
    for number, item in enumerate(made.items.all()):
        Item.objects.filter(pk=item.pk).update(category=f"Category {number}", plausibility_tally=128)
    shown = show("plausibility", made, by="category")
    assert (len(shown.plot.rows), len(shown.table.rows)) == (30, 80)


def test_each_moment_is_as_if_the_study_had_ended_with_it() -> None:
    made, rng = study(run=finished_run(10), items=20, overlap=3), np.random.default_rng(5)
    rate_all(made, {item.pk: [(int(yes), 1) for yes in rng.integers(2, size=3)] for item in made.items.all()})
    found = up_to_each_moment(Live(asked(made)).grown(), made.questions[0])
    assert (len(found), max(found)) == (40, 60)
    for n, up in found.items():
        first = Judgment.objects.order_by("created_at", "pk")[:n]
        counts = Counter(first.values_list("item_id", "plausibility"))
        again = krippendorff_alpha([[counts[item, 0], counts[item, 1]] for item in {item for item, _ in counts}])
        assert (up.alpha.value, up.alpha.n) == (again.value and pytest.approx(again.value), again.n)


def test_the_end_follows_from_the_pace(empty: Study) -> None:
    judge(participant(empty))
    Judgment.objects.update(created_at=timezone.now() - timedelta(days=1))
    judge(participant(empty))
    # Two judgments in two days, six to go: six days from now.
    found = PANELS["progress"].numbers(Live(asked(empty)))
    assert (found.pace, found.to_go, found.ends) == (1, 6, timezone.localdate() + timedelta(days=6))


def test_of_several_runs_one_is_chosen_before_its_strictness_is_set(as_researcher: Client) -> None:
    runs = [finished_run(2, name="one"), run("two")]
    made = study_create(name="Two", runs=runs[:1], items=4, overlap=1)
    made.runs.add(runs[1])
    rate_all(made, {item.pk: [(1, 3)] for item in made.items.all()})
    assert "choose one of the runs above" in text(page(as_researcher, made, "threshold"))
    assert "Set it" in text(page(as_researcher, made, "threshold", run=runs[0].pk))
    assert [row[0] for row in show("plausibility", made, by="run").table.rows] == ["one"]
