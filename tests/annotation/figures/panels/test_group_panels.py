"""What the panels say of relations side by side."""

import numpy as np
import pytest

from annotation.figures.panels.all import PANELS
from annotation.figures.panels.groups import SideBySide
from annotation.figures.panels.panel import Shown
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.models import Item, Study
from annotation.selection import EVERYTHING, LATENT, PEOPLE, Selection
from stats.filter.quality import confusion
from stats.rates import wilson
from tests.annotation.builders import study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

RELATIONS = {"usedFor": 16, "isA": 16, "cause": 15, "can": 17, "open": 4}  # plausible of 20


@pytest.fixture
def related() -> Study:
    made = study(run=finished_run(20, relations=",".join(RELATIONS)), items=100, overlap=1)
    for relation, plausible in RELATIONS.items():
        for k, pk in enumerate(made.items.filter(relation=relation).values_list("pk", flat=True)):
            tally = 1 << 7 if k < plausible else 1
            # Without p(yes) nothing helps: the figures are those of the judgments alone.
            Item.objects.filter(pk=pk).update(taken=1, n_judged=1, plausibility_tally=tally, p_yes=None)
    return made


@pytest.mark.parametrize(("choice", "said"), [
    (Selection(truth=LATENT), "Here against the majority: the latent truth is of all items together"),
    (Selection(whose=PEOPLE), "Here for these annotators: of one group"), (EVERYTHING, "Against the majority of"),
])  # fmt: skip
def test_what_is_not_told_by_group_is_said(related: Study, choice: Selection, said: str) -> None:
    assert PANELS["filter_by_group"].shown(Asked(related, choice)).short.startswith(said)


def found(made: Study) -> SideBySide:
    return PANELS["groups"].numbers(Live(Asked(made)))


def show(name: str, made: Study) -> Shown:
    return PANELS[name].shown(Asked(made))


def test_one_relation_differs_and_is_marked(related: Study) -> None:
    n = found(related)
    assert dict(zip(n.names, n.found.differs, strict=True)) == {name: name == "open" for name in n.names}
    # Of 20 items each: Σ 20(p - 0.68)²/(0.68 · 0.32) = 26.9; with Student's t an item counts for a little less.
    assert n.found.heterogeneity.q == pytest.approx(26.9 * n.found.effective[0] / 20, abs=0.1)
    assert n.found.heterogeneity.p_value < 0.001
    assert "1 of 5 differ" in show("groups", related).short


def test_raw_shares_stand_beside_those_drawn_towards_all(related: Study) -> None:
    row = next(row for row in show("groups", related).table.rows if row[0] == "any reason")
    raw, pooled, together = row[1:4]
    assert raw.value == 0.2 < pooled.value < 0.68
    assert together.ci95[1] > raw.ci95[1] > wilson(4, 20).ci95[1]


def test_the_funnel_holds_those_that_do_not_differ(related: Study) -> None:
    plot = show("groups", related).plot
    assert sorted(point.hollow for point in plot.points) == [False, True, True, True, True]
    assert len(plot.lines) == 5


def test_one_relation_has_nothing_to_be_compared_with() -> None:
    made = study(run=finished_run(2, relations="isA"), items=2, overlap=1)
    made.items.update(taken=1, n_judged=1, plausibility_tally=1)
    assert "one relation only" in show("groups", made).empty


def test_the_filter_of_a_relation_is_as_counted_by_hand(related: Study) -> None:
    n = PANELS["filter_by_group"].numbers(Live(Asked(related)))
    for g, relation in enumerate(n.names):
        told = related.items.filter(relation=relation).values_list("filter_yes", "plausibility_tally")
        kept, plausible = np.array([(keep, tally > 1) for keep, tally in told]).T
        by_hand = confusion(kept, plausible)
        for name, found in n.figures.items():
            assert found.raw[g].value == pytest.approx(getattr(by_hand, name).value)
            assert found.raw[g].n == getattr(by_hand, name).n


def test_each_relation_has_its_items_and_is_drawn_towards_all(related: Study) -> None:
    table, plot = (getattr(show("filter_by_group", related), name) for name in ("table", "plot"))
    row = next(row for row in table.rows if row[0] == "any reason")
    raw, pooled, items = row[1:4]
    others = [row[1].value for row in table.rows]
    assert items == 20 and min(others) <= raw.value <= max(others)
    assert abs(pooled.value - sum(others) / 5) <= abs(raw.value - sum(others) / 5)
    assert len(plot.rows) == 3 * 5


def test_of_too_few_items_of_a_relation_none_is_shown(related: Study) -> None:
    few = related.items.filter(relation="isA").values("pk")[:11]
    Item.objects.filter(pk__in=few).update(taken=0, n_judged=0, plausibility_tally=0)
    row = next(row for row in show("filter_by_group", related).table.rows if row[3] < 20)
    assert (row[1].value, row[1].reason, row[3]) == (None, "too few", 9)
