"""The filter's accuracy as judgments came in."""

import pytest

from annotation.figures.numbers import study_figures
from annotation.figures.panels.all import PANELS
from annotation.figures.rows.live import Live
from annotation.models import Study
from annotation.recheck.check import figures_check
from common.cached import shared
from tests.annotation.builders import rate_all, study
from tests.annotation.panels import asked, show
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db
NAME = "accuracy_by_judgments"


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    """40 items, half of them of each stratum, one vote each; every third of the kept and of the rejected is wrong."""
    made = study(run=finished_run(30, kept_every=3), items=40, overlap=1, strata=["verdict"])
    items = made.items.order_by("pk")
    rate_all(made, {item.pk: [(int((item.stratum == "kept") == bool(k % 3)), 1)] for k, item in enumerate(items)})
    return made


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    shared.clear()
    return Study.objects.get(pk=judged_once.pk)


def test_it_begins_with_thirty_complete_items_and_ends_with_the_headline(judged: Study) -> None:
    so_far = PANELS[NAME].numbers(Live(asked(judged))).so_far
    assert [figure.value is None for n, figure in so_far.items()] == [n < 30 for n in so_far]
    assert list(so_far)[-1] == so_far[40].n == 40
    alone = study_figures(judged).assisted["accuracy"].design
    assert (so_far[40].value, so_far[40].ci95) == (pytest.approx(alone.value), pytest.approx(alone.ci95))


def test_the_plot_has_a_point_for_each_moment_from_there_on(judged: Study) -> None:
    shown = show(NAME, judged)
    assert len(shown.plot.points) == sum(row[2] >= 30 for row in shown.table.rows)


def test_the_export_gives_the_same(judged: Study) -> None:
    check = figures_check(judged, only={NAME})
    assert check.compared[NAME] > 40
    assert check.differences == []
