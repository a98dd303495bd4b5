import os
import signal
from dataclasses import asdict
from pathlib import Path

import pytest
from django.db import connection

from distillation.catalog.intake import indexing, staging
from distillation.catalog.intake.indexing import indexes_make
from distillation.catalog.pictures import folder
from distillation.catalog.readers import lines
from distillation.models import CatalogImport, CoBuy, Product
from tests.distillation.catalog.files import imported, item_2018, write_json
from tests.killing import child


class BrokenOff(Exception):
    """Nothing that the import expects."""


def tables() -> list[list[dict]]:
    """Without which import came first: that is what the tests have different."""
    rows = [list(model.objects.order_by("id").values()) for model in (Product, CoBuy)]
    return [[{name: value for name, value in row.items() if name != "first_import_id"} for row in of] for of in rows]


def empty_tables() -> None:
    CoBuy.objects.all().delete()
    Product.objects.all().delete()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """50 lines, read in 5 or so blocks."""
    monkeypatch.setattr(lines, "BLOCK", 800)
    monkeypatch.setattr(staging, "BLOCK_LINES", 10)
    items = [item_2018(f"B{n}", also_buy=[f"B{n + 1}", f"B{n // 2}"]) for n in range(49)]
    return write_json(tmp_path / "a.json.gz", *items, b"{")


def break_off(file: Path, after: int, **options: object) -> None:
    """After so many of the lines that an import says of what it has committed."""
    said = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == after:
            raise BrokenOff

    with pytest.raises(BrokenOff):
        imported(file, say=say, **options)


# 5 blocks, then repeats, products, co-buys
@pytest.mark.django_db
@pytest.mark.parametrize("after", range(1, 9))
def test_broken_off_anywhere_it_ends_as_if_never_broken_off(file: Path, after: int) -> None:
    whole = asdict(imported(file))
    expected = tables()
    empty_tables()
    break_off(file, after)
    assert asdict(imported(file)) == whole
    assert tables() == expected
    assert CatalogImport.objects.filter(state="done").count() == CatalogImport.objects.count() == 2


@pytest.mark.django_db
def test_it_goes_on_where_it_was(file: Path) -> None:
    break_off(file, after=3)
    said: list[str] = []
    imported(file, say=said.append)
    assert said[0].startswith("a.json.gz: 4")  # behind the fourth block of 10 or 11 lines


@pytest.mark.django_db
def test_staging_emptied_by_a_crash_of_the_database_is_noticed(file: Path) -> None:
    break_off(file, after=3)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE catalog_staged_product")
    assert imported(file).lines == 50
    assert Product.objects.count() == 49


@pytest.mark.django_db
def test_an_import_that_came_in_between_does_no_harm(file: Path, tmp_path: Path) -> None:
    break_off(file, after=3)
    imported(write_json(tmp_path / "b.json", item_2018("B900")))
    assert imported(file).lines == 50
    assert Product.objects.count() == 50


@pytest.mark.django_db
def test_other_options_are_another_import(file: Path) -> None:
    break_off(file, after=3)
    assert imported(file, reciprocal_only=True).lines == 50
    assert CatalogImport.objects.count() == 2


@pytest.mark.django_db
def test_pictures_go_on_page_by_page(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "PAGE", 20)
    (tmp_path / "images").mkdir()
    break_off(file, after=9, images=tmp_path / "images")  # 5 blocks, 3 steps, the first page
    said: list[str] = []
    account = imported(file, images=tmp_path / "images", say=said.append)
    assert said == ["pictures: 40 of 49 products", "pictures: 49 of 49 products"]
    assert account.pictures_missing == 49


@pytest.mark.django_db(transaction=True)
def test_killed_while_reading_it_ends_as_if_never_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "LARGE", 500)
    monkeypatch.setattr(staging, "BLOCK_LINES", 300)
    monkeypatch.setattr(lines, "BLOCK", 20_000)
    file = write_json(tmp_path / "a.json.gz", *[item_2018(f"B{n}", also_buy=[f"B{n // 2}"]) for n in range(1_000)])
    reader = child(lambda: imported(file, say=lambda line: os.kill(os.getpid(), signal.SIGKILL)))
    reader.start()
    reader.join(60)
    assert reader.exitcode == -signal.SIGKILL
    assert 0 < CatalogImport.objects.get().progress["line"] < 1_000
    account = imported(file)
    indexes_make()
    resumed = tables()
    # 1,000 candidates: B0 names itself
    assert (account.lines, account.cobuys_new, CatalogImport.objects.count()) == (1_000, 999, 1)
    empty_tables()
    imported(file)
    indexes_make()
    assert tables() == resumed
