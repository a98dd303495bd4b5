"""The words by which an intention is found: those of an import and those of the trigger."""

from pathlib import Path

import pytest
from django.db import connection

from distillation.catalog.intake import indexing
from distillation.intentions.importing import IntentionImport, intentions_import
from distillation.models import Intention, OwedIndex, Product
from tests.distillation.builders import cobuys
from tests.indexes import defined

pytestmark = pytest.mark.django_db


def words() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search::text FROM distillation_intention ORDER BY id")
        return [each for (each,) in cursor]


def found(words: str) -> int:
    return Intention.objects.extra(where=["search @@ websearch_to_tsquery('english', %s)"], params=[words]).count()


def imported(folder: Path) -> None:
    cobuys(2)
    rows = "B000000000,B000000001,usedFor,They were cooking in the\nB000000003,B000000002,isA,They sew.\n"
    (folder / "i.csv").write_text("asin_a,asin_b,relation,text\n" + rows)
    intentions_import(IntentionImport(path=folder / "i.csv", run="elsewhere"))


def test_an_imports_are_those_that_the_trigger_would_make(tmp_path: Path) -> None:
    imported(tmp_path)
    own = words()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE distillation_intention SET text = text")
    assert own == words() and all("'block=" in each and "'run=" in each for each in own)


def test_a_large_first_import_makes_its_indexes_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = defined("distillation_intention")
    monkeypatch.setattr(indexing, "LARGE", 1)
    imported(tmp_path)
    assert (Intention.objects.count(), OwedIndex.objects.count()) == (2, 0)
    assert defined("distillation_intention") == before


def test_another_title_gives_a_cobuys_intentions_other_words(tmp_path: Path) -> None:
    imported(tmp_path)
    assert found("kettle") == 0
    Product.objects.filter(asin="B000000000").update(title="Kettles for two")
    assert (found("kettle"), found("cook kettle"), found('"cooking kettles"')) == (1, 1, 0)
