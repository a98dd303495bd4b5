"""Files that other programs have read and saved again, and files that are none of ours."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError

from accounts.models import User
from accounts.services import user_create
from annotation.exchange.files.asins import Asins, ZerosLost
from annotation.models import Study
from distillation.models import Product
from tests.annotation.exchange.files import emptied, exported, imported, rows_of, study_judged, written

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def judged_once(module_db: None) -> Study:
    return study_judged(user_create(username="rosa", password="correct-horse", role=User.Role.RESEARCHER))


@pytest.fixture
def judged(db: None, judged_once: Study) -> Study:
    return Study.objects.get(pk=judged_once.pk)


def _old(content: bytes) -> bytes:
    return content.replace(b",true,", b",t,").replace(b",false,", b",f,")


def _indexed(content: bytes) -> bytes:
    return written([{"": place, **row} for place, row in enumerate(rows_of(content))])


def _data_frame(content: bytes) -> bytes:
    """Truths in capitals, whole numbers with a point, NA for nothing."""
    rows = rows_of(content)
    for row in rows:
        row["typicality"] += ".0" if row["typicality"] else "NA"
        row |= {name: row[name].capitalize() for name in ("counts", "simulated")}
        row["audit_reason"] = row["audit_reason"] or "NA"
    return written(rows)


@pytest.mark.parametrize(
    "saved",
    [
        _old,
        _indexed,
        _data_frame,
        lambda it: it + b"\n" + b"," * 31 + b"\n",
        lambda it: b"sep=,\n" + it,
        lambda it: b"\xef\xbb\xbf" + it,
    ],
    ids=["t and f", "an index", "a data frame", "blank rows", "a hint", "a mark"],
)
def test_what_another_program_saved_comes_back(judged: Study, tmp_path: Path, saved: Callable[[bytes], bytes]) -> None:
    rows = [row | {"comment": ""} for row in rows_of(exported(judged))]
    emptied(judged)
    imported(saved(written(rows)), tmp_path / "file")
    assert [row | {"comment": ""} for row in rows_of(exported(judged))] == rows


@pytest.mark.parametrize("excel", ["comma", "semicolon"])
def test_files_for_excel_come_back_to_the_byte(judged: Study, tmp_path: Path, excel: str) -> None:
    before = exported(judged, excel=excel)
    assert before.startswith(b"\xef\xbb\xbfstudy" + {"comma": b",", "semicolon": b";"}[excel])
    emptied(judged)
    imported(before, tmp_path / "file")
    assert exported(judged, excel=excel) == before


def test_semicolons_come_with_decimal_commas(judged: Study) -> None:
    line = exported(judged, excel="semicolon").decode().splitlines()[1]
    assert {"0,9", "0,2"} & set(line.split(";"))


def test_zeros_that_a_spreadsheet_took_are_put_back(judged: Study, tmp_path: Path) -> None:
    first = rows_of(exported(judged))[0]["asin_a"]
    Product.objects.filter(asin=first).update(asin="0031887008")
    before = exported(judged)
    emptied(judged)
    imported(before.replace(b"0031887008", b"31887008"), tmp_path / "file")
    assert exported(judged) == before


def test_zeros_are_put_back_only_where_one_product_can_be_meant() -> None:
    known = Asins({"0012", "012", "7", "007", "B000000001"})
    assert [known.found(cell) for cell in ("012", "7", "B000000001", "5")] == ["012", "7", "B000000001", "5"]
    with pytest.raises(ZerosLost, match="12 has lost its zeros in a spreadsheet, and may be 0012 or 012"):
        known.found("12")
    with pytest.raises(ZerosLost, match="has rounded"):
        known.found("3.19E+07")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 and more", "it is a workbook of a spreadsheet"),
        ("study,item".encode("utf-16"), "it is UTF-16"),
        (b"<html>", "it is HTML or XML"),
        (b"id,run,title_a,intention,human_label\n", "it is a file of intentions; give it to import_intentions"),
        (b"study,item,reason,skipped_at\n", "it is a file of skips"),
    ],
)
def test_another_file_is_called_by_its_name(judged: Study, tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        imported(content, tmp_path / "file")
