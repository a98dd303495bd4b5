from pathlib import Path

import pytest

from distillation.catalog.readers.formats import FORMATS, refuse_wrong_format
from distillation.catalog.readers.records import START, CatalogError
from tests.distillation.catalog.files import item_2018, write_json

LINES = {
    "amazon-2014": b"{'asin': 'B000000001', 'title': 'Cap', 'related': {}}",
    "amazon-2018": item_2018("B000000001"),
    "amazon-2023": {"parent_asin": "B000000001", "title": "Cap", "images": []},
    "csv": b"asin,title,image\nB000000001,Cap,",
}


@pytest.mark.parametrize("real", LINES)
@pytest.mark.parametrize("asked", LINES)
def test_the_format_that_the_file_looks_like_is_named(tmp_path: Path, asked: str, real: str) -> None:
    path = write_json(tmp_path / "meta.gz", LINES[real])
    if asked == real:
        refuse_wrong_format(path, FORMATS[asked])
        return
    with pytest.raises(CatalogError, match=f"^meta.gz looks like {real}, not {asked}: give --format {real}$"):
        refuse_wrong_format(path, FORMATS[asked])


def test_one_good_line_among_the_first_is_enough(tmp_path: Path) -> None:
    path = write_json(tmp_path / "meta.json", b"{", LINES["amazon-2014"], LINES["amazon-2018"])
    refuse_wrong_format(path, FORMATS["amazon-2018"])


def test_lines_of_no_known_format_are_left_to_the_account(tmp_path: Path) -> None:
    refuse_wrong_format(write_json(tmp_path / "meta.json", b"{", b"x"), FORMATS["amazon-2018"])


def test_lines_that_end_now_so_now_so_are_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_bytes(b'{"asin": "B1"}\r{"asin": "B2"}\n')
    words = r"^meta.json: some of its lines end as on old Macs, .* tr '\\r' '\\n' < meta.json$"
    with pytest.raises(CatalogError, match=words):
        refuse_wrong_format(tmp_path / "meta.json", FORMATS["amazon-2018"])
    (tmp_path / "meta.csv").write_bytes(b'asin,title\rB1,"Cap,\nred"\r')
    with pytest.raises(CatalogError, match=r"^meta.csv: some of its lines end as on old Macs"):
        list(FORMATS["csv"].read(tmp_path / "meta.csv", START, ()))


@pytest.mark.parametrize("text", ["[{'asin': 'B1'}]", "[]"])
def test_a_list_that_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "meta.json").write_text(text)
    with pytest.raises(CatalogError, match=r"^meta.json is one list and no JSON array of objects; .* an object a line"):
        refuse_wrong_format(tmp_path / "meta.json", FORMATS["amazon-2018"])


def test_reviews_are_no_metadata(tmp_path: Path) -> None:
    review = {"reviewerID": "A1", "asin": "B000000001", "reviewText": "Fine", "overall": 5.0}
    with pytest.raises(CatalogError, match="looks like a file of reviews; give the metadata file"):
        refuse_wrong_format(write_json(tmp_path / "reviews.json", review), FORMATS["amazon-2018"])


def test_empty_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"^meta.gz: the file is empty; give a file of product metadata$"):
        refuse_wrong_format(write_json(tmp_path / "meta.gz"), FORMATS["amazon-2018"])
