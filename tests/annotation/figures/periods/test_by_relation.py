from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from annotation.design.services import study_create
from annotation.figures.periods.by_relation import by_relation_plot, relations_compare, together_words
from annotation.models import Study
from distillation.models import Run
from tests.annotation.builders import rate_all

pytestmark = pytest.mark.django_db
RELEASES = Path(settings.BASE_DIR) / "distillation" / "sample" / "releases"


@pytest.fixture(scope="module")
def runs(module_db: None) -> list[Run]:
    """The shipped samples, in the layouts of the two releases."""
    for name in ("folkscope", "mind"):
        call_command("import_intentions", RELEASES / f"{name}.csv", run=name, create=True, stdout=StringIO())
    return list(Run.objects.order_by("name"))


@pytest.fixture(scope="module")
def paired(runs: list[Run]) -> Study:
    """24 pairs: of MIND's all is typical, of FolkScope's what is under usedFor."""
    made = study_create(name="releases", runs=runs, items=48, overlap=1, paired=True)
    usual = {"mind": ("usedFor", "isA", "capableOf"), "folkscope": ("usedFor",)}
    rate_all(made, {item.pk: [(1, 3 if item.relation in usual[item.run.name] else 0)] for item in made.items.all()})
    return made


def test_both_layouts_are_recognised_and_made_of_the_same_cobuys(runs: list[Run]) -> None:
    folkscope, mind = runs
    assert (folkscope.model, mind.model) == ("FolkScope", "MIND release")
    assert folkscope.intentions.count() == mind.intentions.count() == 24
    pairs = [set(run.intentions.values_list("cobuy", "relation")) for run in runs]
    assert pairs[0] == pairs[1]


def test_typicality_by_relation_and_the_difference_as_pairs(paired: Study, runs: list[Run]) -> None:
    found = relations_compare(paired, runs[1], runs[0], "typical")
    by_name = {row.relation: row for row in found.rows}
    assert [by_name["usedFor"].difference.value, by_name["isA"].difference.value] == [0.0, 1.0]
    assert found.together.value == pytest.approx(2 / 3)  # 0, 1 and 1
    assert "on the same co-buys" in together_words(found)
    assert len(by_relation_plot(found).rows) == 6


def test_releases_over_other_cobuys_are_matched_by_relation(runs: list[Run]) -> None:
    made = study_create(name="matched", runs=runs, items=24, overlap=1, strata=["run", "relation"])
    counts = {(item.run.name, item.relation) for item in made.items.all()}
    assert made.items.filter(stratum="mind/usedFor").count() == 4  # 24 over two runs and three relations
    assert len(counts) == 6


def test_the_page_shows_the_relations_and_their_csv(paired: Study, as_researcher: Client) -> None:
    page = as_researcher.get(f"/studies/{paired.pk}/compare/?a=mind&b=folkscope").content.decode()
    assert "Typical: mind less folkscope is 66.7 points" in page
    text = as_researcher.get(f"/studies/{paired.pk}/compare/typical.csv?a=mind&b=folkscope").content.decode()
    assert len(text.splitlines()) == 4
