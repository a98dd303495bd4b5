"""JSON arrays, objects over several lines and lines that end as on old Macs: read as an object a line would be."""

import gzip
import json
from itertools import chain
from pathlib import Path

import pytest

from distillation.catalog.readers import lines
from distillation.catalog.readers.formats import FORMATS, refuse_wrong_format
from distillation.catalog.readers.lines import MAX_LINE
from distillation.catalog.readers.objects import lines_of
from distillation.catalog.readers.records import START, CatalogError, ProductRecord
from tests.distillation.catalog.files import item_2018

TITLES = ["Cap", 'A "quoted" {brace} [list]', "back\\\\slash\\\\", "Mütze", '\\"}, {', "end"]
ITEMS = [item_2018(f"B{n}", title=title, details={"a": {"b": "}"}}) for n, title in enumerate(TITLES)]
BY_LINES = "\n".join(map(json.dumps, ITEMS))
SHAPES = {
    "array in a line": json.dumps(ITEMS),
    "array, an object a line": "[\n" + ",\n".join(map(json.dumps, ITEMS)) + "\n]\n",
    "array, spread": json.dumps(ITEMS, indent=2),
    "objects, spread": "\n".join(json.dumps(item, indent=2) for item in ITEMS),
    "carriage returns": "\r".join(map(json.dumps, ITEMS)) + "\r",
}


def titles(path: Path, form: str = "amazon-2018", start=START) -> list[str]:
    refuse_wrong_format(path, FORMATS[form])
    found = chain.from_iterable(chunk.found for chunk in FORMATS[form].read(path, start, ()))
    return [record.title if isinstance(record, ProductRecord) else record.reason for _, record in found]


@pytest.mark.parametrize("block", [400, 100_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_object_is_a_record(tmp_path: Path, shape: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lines").write_text(BY_LINES)
    (tmp_path / "meta.gz").write_bytes(gzip.compress(SHAPES[shape].encode()))
    expected = titles(tmp_path / "lines")
    monkeypatch.setattr(lines, "BLOCK", block)
    assert titles(tmp_path / "meta.gz") == expected
    assert len(expected) == 6


@pytest.mark.parametrize("shape", SHAPES)
def test_reading_goes_on_behind_any_object(tmp_path: Path, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK", 500)
    (tmp_path / "meta").write_text(SHAPES[shape])
    read, given = lines_of(tmp_path / "meta"), []
    for block in read:
        given += block
        rest = list(chain.from_iterable(lines_of(tmp_path / "meta", read.end)))
        assert len(given + rest) == 6
    assert read.end.line == 6


def test_an_array_cut_short_gives_what_is_whole_and_says_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "meta").write_text(json.dumps(ITEMS)[:-30])
    assert titles(tmp_path / "meta")[-1] == "not JSON"
    assert len(titles(tmp_path / "meta")) == 6


def test_an_object_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "meta").write_text('[{"asin": "' + "x" * 2 * MAX_LINE)
    with pytest.raises(CatalogError, match=r"^meta, object 1: more than 1,000,000 bytes"):
        list(lines_of(tmp_path / "meta"))


def test_csv_of_an_old_mac(tmp_path: Path) -> None:
    (tmp_path / "meta.csv").write_bytes(b"asin,title\rB1,Cap\rB2,Hat\r")
    assert titles(tmp_path / "meta.csv", "csv") == ["Cap", "Hat"]
