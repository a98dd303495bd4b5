"""Reader of plain CSV: products (asin, title[, category][, price][, image]) and co-buys (asin_a, asin_b)."""

from collections.abc import Callable, Iterator
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
    START,
    CatalogError,
    CatalogFormat,
    Chunk,
    CoBuyRecord,
    Fields,
    Found,
    Position,
    ProductRecord,
)

Row = tuple[int, Position, dict[str, str]]
CHUNK = 200
PRODUCT_COLUMNS, COBUY_COLUMNS = ("asin", "title"), ("asin_a", "asin_b")
PRODUCT_COLUMNS_READ = (*PRODUCT_COLUMNS, "category", "price", "image")


def read_products(path: Path, start: Position = START, fields: Fields = ()) -> Iterator[Chunk]:
    return _chunks(path, PRODUCT_COLUMNS, start, _product)


def read_cobuys(path: Path, start: Position = START) -> Iterator[Chunk]:
    return _chunks(path, COBUY_COLUMNS, start, _cobuy)


def columns_not_read(path: Path, read: tuple[str, ...]) -> list[str]:
    """Of those that the first line names."""
    _, header = next(Table(path).rows(), (0, []))
    return [name for cell in header if (name := cell.strip().lower()) and name not in read]


def _chunks(
    path: Path, required: tuple[str, ...], start: Position, record_of: Callable[[Path, int, dict[str, str]], Found]
) -> Iterator[Chunk]:
    rows = _rows(path, required, start)
    while chunk := list(islice(rows, CHUNK)):
        yield Chunk(chunk[-1][1], [(line, record_of(path, line, row)) for line, _, row in chunk])


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


def _rows(path: Path, required: tuple[str, ...], start: Position) -> Iterator[Row]:
    table = Table(path)
    _, header = next(table.rows(), (0, None))
    if header is None:
        raise CatalogError(
            f"{path.name}: the file is empty; its first line must name the columns {', '.join(required)}"
        )
    columns = _columns(path, header, required)
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


def _columns(path: Path, header: list[str], required: tuple[str, ...]) -> list[str]:
    columns = [cell.strip().lower() for cell in header]
    missing = ", ".join(name for name in required if name not in columns)
    if missing:
        there = ", ".join(columns)
        for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
            if delimiter in ",".join(header):
                raise CatalogError(f"{path.name}: the cells look separated by {name}; save the file with commas")
        raise CatalogError(f"{path.name}: no column {missing} in its first line (there: {there}); name it there")
    doubled = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubled:
        raise CatalogError(f"{path.name}: column {doubled[0]} is there twice; keep one of them")
    return columns


CSV = CatalogFormat("csv", read_products, recognises, is_strict=True)
