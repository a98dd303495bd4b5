"""Runs, studies and exports of some co-buys only, as the commands and pages have them."""

import json
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from annotation.models import Study
from distillation.models import CatalogImport, Run
from tests.annotation.builders import judge, participant, study
from tests.api.builders import program, send
from tests.distillation.builders import finished_run
from tests.distillation.data_sets import DEMO, OWN, pairs, two_data_sets

pytestmark = pytest.mark.django_db
RUN = {"name": "r2", "backend": "baseline", "relations": "isA", "with_images": False}


@pytest.fixture
def rosa(researcher: User) -> Client:
    return program(researcher)


@pytest.fixture(scope="module")
def folder(module_db: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the files that both were imported from."""
    two_data_sets(folder := tmp_path_factory.mktemp("sets"))
    return folder


@pytest.fixture
def sets(db: None, folder: Path) -> tuple[CatalogImport, CatalogImport]:
    first, second = CatalogImport.objects.order_by("pk")
    return first, second


def test_a_run_of_one_import_has_exactly_its_cobuys(rosa: Client, sets: tuple[CatalogImport, CatalogImport]) -> None:
    made = send(rosa, "runs", **RUN, imports=[sets[0].pk]).json()["run"]
    assert made["config"]["catalog"] == {"imports": [sets[0].pk]}
    assert pairs(Run.objects.get().cobuys) == DEMO


@pytest.mark.parametrize(
    ("asked", "cobuys"),
    [({}, OWN), ({"imports": []}, DEMO | OWN), ({"imports": [], "categories": ["Toys, Games"]}, DEMO)],
)
def test_a_run_takes_the_newest_unless_told(
    rosa: Client, sets: tuple[CatalogImport, CatalogImport], asked: dict, cobuys: set[str]
) -> None:
    assert send(rosa, "runs", **RUN, **asked).status_code == 201
    assert pairs(Run.objects.get().cobuys) == cobuys


@pytest.mark.parametrize(("address", "more"), [("runs", RUN), ("studies", {"name": "S", "runs": ["r1"], "items": 2})])
def test_an_import_that_is_none_is_refused(
    rosa: Client, sets: tuple[CatalogImport, CatalogImport], address: str, more: dict
) -> None:
    finished_run()
    refused = send(rosa, address, **more, imports=[99_999_999])
    assert (refused.status_code, refused.json()["detail"][:32]) == (422, "There is no import 99999999 that")
    assert not Study.objects.exists()


def test_a_study_of_one_import_is_drawn_from_its_cobuys(
    rosa: Client, sets: tuple[CatalogImport, CatalogImport]
) -> None:
    finished_run()  # 4 co-buys x 2 relations
    asked = {"runs": ["r1"], "overlap": 1, "imports": [sets[0].pk]}
    made = send(rosa, "studies", name="S", items=4, **asked).json()["study"]
    drawn = Study.objects.get(pk=made["id"]).items
    assert made["catalog"] == {"imports": [sets[0].pk]}
    assert {" ".join(sorted((i.intention.cobuy.a.asin, i.intention.cobuy.b.asin))) for i in drawn.all()} == DEMO
    assert set(drawn.values_list("inclusion_probability", flat=True)) == {1.0}  # 4 of the 2 x 2, not of 8
    refused = send(rosa, "studies", name="T", items=5, **asked)
    assert "has 4 intentions that can be judged" in refused.json()["detail"]


def test_an_export_of_one_import_has_its_intentions(rosa: Client, sets: tuple[CatalogImport, CatalogImport]) -> None:
    finished_run()
    answer = rosa.get(f"/api/v1/runs/r1/intentions.jsonl?imports={sets[0].pk}&categories=Toys, Games")
    lines = [json.loads(line) for line in answer.getvalue().splitlines()]
    assert {" ".join(sorted((line["asin_a"], line["asin_b"]))) for line in lines} == DEMO
    assert len(lines) == 2 * 2
    refused = rosa.get("/api/v1/runs/r1/intentions.csv?imports=x")
    assert (refused.status_code, "is no number of an import" in refused.content.decode()) == (400, True)


def test_judgments_of_one_import_are_exported(rosa: Client, sets: tuple[CatalogImport, CatalogImport]) -> None:
    made = study(run=finished_run(), items=8, overlap=1)
    anna = participant(made, "anna")
    for _ in range(8):
        judge(anna, 1, 2)
    lines = rosa.get(f"/api/v1/studies/{made.pk}/export?imports={sets[0].pk}").getvalue().splitlines()
    assert len(lines) == 1 + 2 * 2  # the header; 2 co-buys x 2 relations
    assert rosa.get(f"/api/v1/studies/{made.pk}/export?imports=99999999").status_code == 400


def test_a_cobuy_tells_which_import_and_field_it_came_with(
    rosa: Client, sets: tuple[CatalogImport, CatalogImport]
) -> None:
    (pair,) = rosa.get("/api/v1/cobuys?asin=B03").json()["results"]
    assert (pair["named_by"], pair["first_import"]) == (["also_bought"], sets[0].pk)
