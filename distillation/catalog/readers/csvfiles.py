"""Reader of plain CSV: products (asin, title[, category][, price][, image]) and co-buys (asin_a, asin_b)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from distillation.catalog.readers.cleaning import (
    MAX_TITLE,
    PLACEHOLDER,
    clean_category,
    clean_price,
    clean_text,
    is_asin,
    is_placeholder,
)
from distillation.catalog.readers.csvtable import Table, refusal
from distillation.catalog.readers.records import (
    AS_NAMED,
    START,
    CatalogError,
    CatalogFormat,
    Chunk,
    CoBuyRecord,
    Fields,
    Found,
    Names,
    Position,
    ProductRecord,
)

Row = tuple[int, Position, dict[str, str]]
CHUNK = 200
PRODUCT_COLUMNS, COBUY_COLUMNS = ("asin", "title"), ("asin_a", "asin_b")
PRODUCT_COLUMNS_READ = (*PRODUCT_COLUMNS, "category", "price", "image")


def read_products(path: Path, start: Position = START, fields: Fields = (), names: Names = AS_NAMED) -> Iterator[Chunk]:
    return _chunks(_rows(path, PRODUCT_COLUMNS, start, names), path, _product)


def read_cobuys(path: Path, start: Position = START, names: Names = AS_NAMED) -> Iterator[Chunk]:
    return _chunks(_rows(path, COBUY_COLUMNS, start, names), path, _cobuy)


def _chunks(
    rows: Iterator[Row], path: Path, record_of: Callable[[Path, int, dict[str, str]], Found]
) -> Iterator[Chunk]:
    while chunk := list(islice(rows, CHUNK)):
        numbers, ends, cells = zip(*chunk, strict=True)
        yield Chunk(ends[-1], numbers, list(cells), partial(record_of, path))


def recognises(line: bytes) -> bool:
    names = {cell.strip().strip('"').lower() for cell in line.decode("utf-8-sig", "replace").split(",")}
    return names.issuperset(PRODUCT_COLUMNS)


def _product(path: Path, line: int, row: dict[str, str]) -> ProductRecord:
    asin, title = _asin(path, line, row["asin"]), clean_text(row["title"])
    if not title:
        raise refusal(path, line, "the title is empty; fill it in or remove the row")
    if len(title) > MAX_TITLE:
        raise refusal(path, line, f"the title has more than {MAX_TITLE:,} signs; shorten it")
    price = clean_price(row.get("price", ""))
    return ProductRecord(
        asin=asin,
        title=title,
        category=clean_category(row.get("category", "")),
        price=price or "",
        image=_image(row.get("image", "")),
        categories=[row.get("category", "")],
        candidates=[],
        unreadable_price=price is None,
    )


def _image(cell: str) -> str:
    """The name of a file, or an address."""
    image = clean_text(cell)
    return PLACEHOLDER if "://" in image and is_placeholder(image) else image


def _cobuy(path: Path, line: int, row: dict[str, str]) -> CoBuyRecord:
    return CoBuyRecord(_asin(path, line, row["asin_a"]), _asin(path, line, row["asin_b"]))


def _asin(path: Path, line: int, cell: str) -> str:
    asin = cell.strip()
    if not is_asin(asin):
        raise refusal(path, line, f'"{asin[:40]}" is no ASIN; use 1 to 32 letters, digits, hyphens or underscores')
    return asin


def _rows(path: Path, required: tuple[str, ...], start: Position, names: Names) -> Iterator[Row]:
    table = Table(path)
    header = table.header(names)
    if not table.end.line:
        raise CatalogError(
            f"{path.name}: the file is empty; its first line must name the columns {', '.join(required)}"
        )
    columns = _columns_checked(path, header, required)
    table = Table(path, max(start, table.end))
    for line, cells in table.rows():
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            hint = (
                "put quotation marks around a cell that holds a comma" if len(cells) > len(columns) else "complete it"
            )
            raise refusal(path, line, f"the header has {len(columns)} cells, this row {len(cells)}; {hint}")
        yield line, table.end, dict(zip(columns, cells, strict=True))


def _columns_checked(path: Path, columns: list[str], required: tuple[str, ...]) -> list[str]:
    missing = ", ".join(name for name in required if name not in columns)
    if missing:
        refuse_other_delimiter(path, columns)
        there = ", ".join(columns)
        raise CatalogError(f"{path.name}: no column {missing} in its first line (there: {there}); name it there")
    doubled = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubled:
        raise CatalogError(f"{path.name}: column {doubled[0]} is there twice; keep one of them")
    return columns


def refuse_other_delimiter(path: Path, columns: list[str]) -> None:
    """Of a table that lacks what it must have."""
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if any(delimiter in column for column in columns):
            raise CatalogError(f"{path.name}: the cells look separated by {name}; save the file with commas")


CSV = CatalogFormat("csv", read_products, recognises, is_strict=True)


def csv_named(names: Names) -> CatalogFormat:
    """Whose columns are called otherwise."""
    return replace(CSV, read=partial(read_products, names=names)) if names else CSV
