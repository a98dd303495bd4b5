"""A run is of the co-buys that were chosen, in the command as on the page."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from distillation.catalog.selection import CatalogSelection
from distillation.models import CatalogImport, Run
from distillation.runs.services import RunRefused
from tests.distillation import builders
from tests.distillation.data_sets import DEMO, OWN, pairs, two_data_sets

pytestmark = pytest.mark.django_db
PAGE = {"name": "r1", "backend": "baseline", "preset": "mind", "samples": 1, "temperature": 0.2}
PAGE |= {"max_tokens": 512, "strictness": 0.5}


@pytest.fixture(scope="module")
def folder(module_db: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the files that both were imported from."""
    two_data_sets(folder := tmp_path_factory.mktemp("sets"))
    return folder


@pytest.fixture
def sets(db: None, folder: Path) -> tuple[CatalogImport, CatalogImport]:
    first, second = CatalogImport.objects.order_by("pk")
    return first, second


def distill(*words: str) -> str:
    out = StringIO()
    call_command("distill", "--run", "r1", "--no-images", "--relations", "isA", *words, stdout=out)
    return out.getvalue()


def of_run() -> set[str]:
    return pairs(Run.objects.get().cobuys)


def test_the_command_takes_one_import(sets: tuple[CatalogImport, CatalogImport]) -> None:
    said = distill("--imports", str(sets[0].pk))
    assert of_run() == DEMO
    assert f"Its co-buys are those of import {sets[0].pk} (demo.json)." in said


def test_without_a_choice_it_is_the_newest(sets: tuple[CatalogImport, CatalogImport]) -> None:
    said = distill()
    assert of_run() == OWN
    assert f"Its co-buys are those of import {sets[1].pk} (own.json)." in said


def test_all_is_all(sets: tuple[CatalogImport, CatalogImport]) -> None:
    assert "Its co-buys" not in distill("--imports", "all")
    assert of_run() == DEMO | OWN


def test_categories_cut_the_newest(sets: tuple[CatalogImport, CatalogImport]) -> None:
    distill("--categories", "Home")
    assert of_run() == {"B04 B05"}


def test_an_import_that_is_none_is_refused(sets: tuple[CatalogImport, CatalogImport]) -> None:
    with pytest.raises(CommandError, match=r"^There is no import 99999999 that has ended; there are .*\(own.json\)"):
        distill("--imports", "99999999")
    assert not Run.objects.exists()


def test_a_run_goes_on_with_what_it_was_started_with(sets: tuple[CatalogImport, CatalogImport]) -> None:
    distill("--imports", str(sets[0].pk))
    assert "goes on" in distill()
    assert "goes on" in distill("--imports", str(sets[0].pk))
    with pytest.raises(CommandError, match="exists with other settings"):
        distill("--imports", str(sets[1].pk))
    with pytest.raises(CommandError, match="exists with other settings"):
        distill("--imports", "all")


def test_a_run_from_before_there_was_a_choice_goes_on(sets: tuple[CatalogImport, CatalogImport]) -> None:
    distill("--imports", "all")
    made = Run.objects.get()
    del made.config["catalog"]
    made.save()
    assert "goes on" in distill()


def test_nothing_of_the_choice_is_no_run(sets: tuple[CatalogImport, CatalogImport]) -> None:
    nothing = CatalogSelection.checked(imports=[sets[0].pk], categories=["Home"])
    with pytest.raises(RunRefused, match=r"^The catalog has no co-buy of import \d+ \(demo.json\), only Home; choose"):
        builders.run(catalog=nothing)


def test_left_out_for_want_of_a_picture_counts_the_choice_only(sets: tuple[CatalogImport, CatalogImport]) -> None:
    with pytest.raises(RunRefused, match=r"^No co-buy of import \d+ \(own.json\) has a picture of both products"):
        builders.run(with_images=True)


def test_the_page_proposes_the_newest_and_takes_one_import(
    sets: tuple[CatalogImport, CatalogImport], as_researcher: Client
) -> None:
    page = as_researcher.get(reverse("run-new")).content.decode()
    assert f'value="{sets[1].pk}" id="id_imports_0" checked' in page
    assert f"Import {sets[0].pk}: demo.json, 2 co-buys" in page
    as_researcher.post(reverse("run-new"), {**PAGE, "imports": [sets[0].pk]})
    assert of_run() == DEMO
    shown = as_researcher.get(reverse("run-detail", args=["r1"])).content.decode()
    assert f"all of import {sets[0].pk} (demo.json)" in shown


def test_the_page_demands_a_choice_and_refuses_others(
    sets: tuple[CatalogImport, CatalogImport], as_researcher: Client
) -> None:
    for wrong in ({}, {"imports": ["99999999"]}, {"imports": ["all"], "categories": "Toys"}):
        assert as_researcher.post(reverse("run-new"), {**PAGE, **wrong}).status_code == 422
    assert not Run.objects.exists()
    as_researcher.post(reverse("run-new"), {**PAGE, "imports": ["all"], "categories": "Toys, Games"})
    assert of_run() == DEMO
