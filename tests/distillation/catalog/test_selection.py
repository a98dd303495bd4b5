from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from distillation.catalog.selection import CatalogSelection, SelectionRefused, imports_parse
from distillation.models import CatalogImport, CoBuy
from tests.distillation.catalog.files import imported
from tests.distillation.data_sets import DEMO, OWN, two_data_sets

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def folder(module_db: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the files that both were imported from."""
    two_data_sets(folder := tmp_path_factory.mktemp("sets"))
    return folder


@pytest.fixture
def sets(db: None, folder: Path) -> tuple[CatalogImport, CatalogImport]:
    first, second = CatalogImport.objects.order_by("pk")
    return first, second


def chosen(**asked: object) -> set[str]:
    rows = CoBuy.objects.filter(CatalogSelection.checked(**asked).q()).values_list("a__asin", "b__asin")
    return {" ".join(sorted(ends)) for ends in rows}


def test_each_import_has_its_cobuys_also_those_that_both_bring(sets: tuple[CatalogImport, CatalogImport]) -> None:
    demo, own = sets
    assert chosen(imports=[demo.pk]) == DEMO
    assert chosen(imports=[own.pk]) == OWN
    assert chosen(imports=[demo.pk, own.pk]) == chosen() == chosen(imports=[]) == DEMO | OWN


def test_the_same_files_again_name_the_same_data_set(sets: tuple[CatalogImport, CatalogImport], folder: Path) -> None:
    demo, own = sets
    imported(folder / "demo.json")
    again = CatalogImport.objects.latest("pk")
    assert CatalogSelection.checked(imports=[again.pk]).imports == (demo.pk,)
    assert CatalogSelection().with_newest().imports == (own.pk,)  # the demo, made again, is not the newest


def test_a_category_is_of_both_products(sets: tuple[CatalogImport, CatalogImport]) -> None:
    assert chosen(categories=["Toys, Games"]) == DEMO
    assert chosen(categories=["Home"]) == {"B04 B05"}
    assert chosen(categories=["Home", "Toys, Games"]) == DEMO | OWN


def test_days_are_those_on_which_a_cobuy_first_came(sets: tuple[CatalogImport, CatalogImport]) -> None:
    CatalogImport.objects.filter(pk=sets[0].pk).update(created_at=datetime(2026, 1, 31, 12, tzinfo=UTC))
    assert chosen(until=date(2026, 1, 31)) == chosen(since=date(2026, 1, 31), until=date(2026, 1, 31)) == DEMO
    assert chosen(since=date(2026, 2, 1)) == OWN - DEMO
    assert chosen(until=date(2026, 1, 30)) == set()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"imports": [99_999_999]}, "There is no import 99999999 that has ended; there are "),
        ({"categories": ["Toys"]}, 'No product is of the category "Toys"'),
        ({"since": date(2026, 2, 1), "until": date(2026, 1, 1)}, "2026-01-01 is before 2026-02-01"),
    ],
)
def test_what_is_not_in_the_catalog_is_refused(
    sets: tuple[CatalogImport, CatalogImport], asked: dict, words: str
) -> None:
    with pytest.raises(SelectionRefused, match=words):
        CatalogSelection.checked(**asked)


def test_an_import_from_before_they_were_recorded_is_refused(sets: tuple[CatalogImport, CatalogImport]) -> None:
    CatalogImport.objects.update(data_set=None)
    with pytest.raises(SelectionRefused, match="import its files again"):
        CatalogSelection.checked(imports=[sets[0].pk])
    assert CatalogSelection().with_newest().imports == ()


def test_it_is_stored_and_read_back(sets: tuple[CatalogImport, CatalogImport]) -> None:
    whole = CatalogSelection.checked(imports=[sets[1].pk], categories=["Home"], since=date(2026, 1, 31))
    assert whole.as_config() == {"imports": [sets[1].pk], "categories": ["Home"], "since": "2026-01-31"}
    assert CatalogSelection.of_config(whole.as_config()) == whole
    assert whole.words == f"import {sets[1].pk} (own.json), only Home, from 31 Jan 2026"


def test_its_sql_is_its_query(sets: tuple[CatalogImport, CatalogImport]) -> None:
    whole = CatalogSelection.checked(imports=[sets[0].pk], categories=["Toys, Games"], since=date(2026, 1, 31))
    as_sql = CoBuy.objects.raw(f"SELECT * FROM distillation_cobuy WHERE id IN ({whole.sql()})", {})
    assert {each.pk for each in as_sql} == set(CoBuy.objects.filter(whole.q()).values_list("pk", flat=True))
    assert len(list(as_sql)) == 2


@pytest.mark.parametrize(("text", "numbers"), [("", None), ("all", ()), ("3", (3,)), ("3, 1", (3, 1))])
def test_numbers_of_imports_are_read(text: str, numbers: tuple[int, ...] | None) -> None:
    assert imports_parse(text) == numbers


@pytest.mark.parametrize("text", ["x", "1,,2", "-1", "²", "9" * 30])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(SelectionRefused, match="is no number of an import; give numbers such as 1,2, or all"):
        imports_parse(text)
