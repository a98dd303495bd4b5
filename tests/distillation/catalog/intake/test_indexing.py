"""A large first import fills bare tables; what it sets aside comes back, whoever stops it and wherever."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from distillation import tasks
from distillation.catalog.intake import indexing
from distillation.catalog.intake.indexing import indexes_make, indexes_owed
from distillation.models import CoBuy, OwedIndex, Product
from tests.distillation.catalog.files import imported, item_2018, write_json

pytestmark = pytest.mark.django_db

DEFINED = """
SELECT tablename, indexdef FROM pg_indexes WHERE tablename IN ('distillation_product', 'distillation_cobuy')
UNION SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid::regclass::text LIKE 'distillation_%'
"""
LOOKED_AT = "SELECT attstattarget FROM pg_attribute WHERE attrelid = 'product_title_words'::regclass"


def rows(statement: str) -> set[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return set(cursor.fetchall())


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(indexing, "LARGE", 10)
    return write_json(tmp_path / "a.json", *[item_2018(f"B{n}", also_buy=[f"B{n + 1}"]) for n in range(20)])


def test_keys_come_with_the_rows_and_indexes_after(file: Path) -> None:
    before = rows(DEFINED)
    imported(file)
    assert (Product.objects.count(), CoBuy.objects.count()) == (20, 19)
    missing = before - rows(DEFINED)
    assert len(missing) == OwedIndex.objects.count() > 5
    assert not [terms for _, terms in missing if "UNIQUE" in terms or "KEY" in terms]
    indexes_make()
    assert rows(DEFINED) == before
    assert not indexes_owed()


def test_what_the_planner_is_told_of_an_index_stays(file: Path) -> None:
    imported(file)
    indexes_make()
    assert rows(LOOKED_AT) == {(300,)}


def test_the_command_makes_them_after_its_account(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = rows(DEFINED)
    call_command("import_catalog", str(file), "--format", "amazon-2018")
    assert capsys.readouterr().out.startswith("Product lines: 20 = 20 new")
    assert rows(DEFINED) == before


def test_an_import_begins_with_what_the_one_before_owes(file: Path) -> None:
    before = rows(DEFINED)
    imported(file)
    said: list[str] = []
    imported(file, say=said.append)
    assert said[0] == "distillation_product_asin_f5910630_like: made"
    assert rows(DEFINED) == before


def test_an_index_that_is_there_already_is_not_made_twice(file: Path) -> None:
    imported(file)
    with connection.cursor() as cursor:
        cursor.execute(OwedIndex.objects.first().definition)
    indexes_make()
    assert not indexes_owed()


def test_one_that_fails_stays_owed(file: Path) -> None:
    imported(file)
    OwedIndex.objects.all().delete()
    OwedIndex.objects.create(definition="CREATE INDEX IF NOT EXISTS odd ON distillation_product (nothing)")
    with pytest.raises(Exception, match="nothing"):
        indexes_make()
    assert OwedIndex.objects.get().name == "odd"


def test_a_worker_makes_what_a_killed_import_owes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(DEFINED)
    monkeypatch.setattr(tasks.make_indexes, "apply_async", lambda **_: tasks.make_indexes())
    imported(file)
    tasks.sweep()
    assert rows(DEFINED) == before


def test_a_worker_leaves_them_to_an_import_that_runs(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(file)
    monkeypatch.setattr(tasks.make_indexes, "apply_async", lambda **_: tasks.make_indexes())
    monkeypatch.setattr(tasks, "import_is_running", lambda: True)  # another process has its lock
    tasks.sweep()
    assert indexes_owed()
