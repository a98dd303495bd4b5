"""What the panels on people say: of repeats, of pairs of annotators, of who is lenient."""

import pytest

from annotation.figures.panels.all import PANELS
from annotation.figures.panels.panel import Shown
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.quality.measures import annotators_quality
from annotation.models import Judgment, Kind, Study
from common.cached import shared
from tests.annotation.builders import study_of_repeats

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    shared.clear()


def show(name: str, made: Study) -> Shown:
    return PANELS[name].shown(Asked(made))


@pytest.fixture
def repeated() -> Study:
    return study_of_repeats()


def test_annotators_are_set_against_themselves(repeated: Study) -> None:
    same, kappa, ac1 = (row[2] for row in show("repeats", repeated).table.rows[:3])
    # 8 of 10 the same. By kappa all first answers are yes, so chance agrees as often; by AC1 it agrees in
    # 2 · 0.9 · 0.1 = 0.18, as nine tenths of both answers together say yes: (0.8 - 0.18)/0.82.
    assert (same.value, same.n, kappa.value, ac1.value) == (0.8, 10, 0, pytest.approx(0.62 / 0.82))


def test_who_has_seen_the_verdict_only_remembers(repeated: Study) -> None:
    first = Judgment.objects.filter(kind=Kind.ITEM).order_by("item_id")[:3]
    Judgment.objects.filter(pk__in=[each.pk for each in first]).update(audit_asked=True)
    found = PANELS["repeats"].numbers(Live(Asked(repeated)))
    assert (found.repeats, found.revealed) == (7, 3)
    (quality,) = annotators_quality(repeated).values()
    assert (quality.repeats.value, quality.repeats.n) == (5 / 7, 7)


def test_repeats_of_each_come_with_an_interval(repeated: Study) -> None:
    (row,) = show("annotators", repeated).more["rows"]
    assert (row["repeats"], row["repeats_interval"]) == ("8 of 10", "49–94 %")  # Wilson 1927
