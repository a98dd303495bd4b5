from collections.abc import Iterator
from pathlib import Path

import pytest

from distillation.catalog.readers.csvfiles import read_cobuys, read_products
from distillation.catalog.readers.records import CatalogError, Chunk, CoBuyRecord, Found, Position, ProductRecord


@pytest.fixture
def products(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


@pytest.fixture
def cobuys(tmp_path: Path) -> Path:
    return tmp_path / "cobuys.csv"


def found_in(chunks: Iterator[Chunk]) -> list[tuple[int, Found]]:
    return [one for chunk in chunks for one in chunk.found]


def refusal(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    read = read_cobuys if path.name == "cobuys.csv" else read_products
    with pytest.raises(CatalogError) as caught:
        found_in(read(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_products_in_any_column_order_with_bom_and_windows_line_ends(products: Path) -> None:
    products.write_bytes(b'\xef\xbb\xbfTitle,asin,price,category\r\n"Scarf, &quot;red&quot;",B01,5,Clothing\r\n')
    record = ProductRecord("B01", 'Scarf, "red"', "Clothing", "5.00", "", ["Clothing"], [])
    (chunk,) = read_products(products)
    assert (chunk.end, list(chunk.found)) == (Position(2, len(products.read_bytes())), [(2, record)])


def test_a_row_is_named_by_the_line_it_begins_on(products: Path) -> None:
    products.write_text('asin,title\nB01,"Two\nlines"\n\n,\nB02,Cap\n')
    # header 1, B01 on 2 and 3, blank 4, cells without text 5, B02 on 6
    assert [(line, found.title) for line, found in found_in(read_products(products))] == [(2, "Two lines"), (6, "Cap")]


def test_cobuys(cobuys: Path) -> None:
    cobuys.write_text("asin_b,asin_a\nB02, B01 \n")
    assert [found for _, found in found_in(read_cobuys(cobuys))] == [CoBuyRecord("B01", "B02")]


def test_reading_goes_on_behind_any_chunk(products: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distillation.catalog.readers.csvfiles.CHUNK", 1)
    products.write_text('asin,title\nB01,"Two\nlines"\n\nB02,Cap\nB03,Hat\n')
    whole = list(read_products(products))
    assert len(whole) == 3
    for n, chunk in enumerate(whole, start=1):
        assert found_in(read_products(products, chunk.end)) == found_in(whole[n:])


def test_missing_column(products: Path) -> None:
    message = refusal(products, b"asin,name\nB01,Cap\n")
    assert message == "products.csv: no column title in its first line (there: asin, name); name it there"


@pytest.mark.parametrize(("delimiter", "name"), [(b";", "semicolons"), (b"\t", "tabs"), (b"|", "vertical bars")])
def test_wrong_delimiter(products: Path, delimiter: bytes, name: str) -> None:
    message = refusal(products, b"asin,title\nB01,Cap, blue\n".replace(b",", delimiter))
    assert message == f"products.csv: the cells look separated by {name}; save the file with commas"


def test_empty_file(products: Path) -> None:
    message = refusal(products, b"")
    assert message == "products.csv: the file is empty; its first line must name the columns asin, title"


def test_not_utf8(products: Path) -> None:
    message = refusal(products, b"asin,title\nB01,Cap\nB02,Caf\xe9 Apron\n")
    assert message == "products.csv, line 3: not UTF-8 (byte 8 of the line is 0xe9); save the file as UTF-8"


def test_utf16(products: Path) -> None:
    assert refusal(products, "asin,title\n".encode("utf-16")).startswith("products.csv, line 1: not UTF-8 (byte 1")


def test_nul_byte(products: Path) -> None:
    assert "products.csv, line 2: a NUL byte" in refusal(products, b"asin,title\nB01,Ca\0p\n")


def test_too_many_and_too_few_cells(products: Path) -> None:
    many = refusal(products, b"asin,title\nB01,Cap, blue\n")
    assert many.startswith("products.csv, line 2: the header has 2 cells, this row 3; put quotation marks around")
    assert refusal(products, b"asin,title\nB01\n").startswith(
        "products.csv, line 2: the header has 2 cells, this row 1"
    )


def test_open_quotation_mark(products: Path) -> None:
    message = refusal(products, b'asin,title\nB01,Cap\nB02,"8 inch\nB03,Hat\n')
    assert message.startswith("products.csv, line 3: not readable as CSV")


def test_column_twice(products: Path) -> None:
    assert refusal(products, b"asin,title,title\n") == "products.csv: column title is there twice; keep one of them"


def test_empty_title_and_bad_asin(products: Path) -> None:
    assert refusal(products, b"asin,title\nB01,&nbsp;\n").startswith("products.csv, line 2: the title is empty")
    assert refusal(products, b"asin,title\nB 01,Cap\n").startswith('products.csv, line 2: "B 01" is no ASIN')


def test_no_such_file(products: Path) -> None:
    with pytest.raises(CatalogError, match="No such file or directory; give the path of a readable file"):
        list(read_products(products))
