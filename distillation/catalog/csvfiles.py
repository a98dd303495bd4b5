"""Reader of plain CSV: products (asin, title[, category][, image]) and co-buys (asin_a, asin_b)."""

import csv
from collections.abc import Iterator
from pathlib import Path

from distillation.catalog.cleaning import clean_text, is_asin
from distillation.catalog.records import CatalogError, CoBuyRecord, ProductRecord

Row = tuple[int, dict[str, str]]


def read_products(path: Path) -> Iterator[ProductRecord]:
    for line, row in _rows(path, ("asin", "title")):
        title = clean_text(row["title"])
        if not title:
            raise _refusal(path, line, "the title is empty; fill it in or remove the row")
        yield ProductRecord(
            source=path.name,
            line=line,
            asin=_asin(path, line, row["asin"]),
            title=title,
            category=clean_text(row.get("category", ""))[:200],
            image=row.get("image", "").strip(),
        )


def read_cobuys(path: Path) -> Iterator[CoBuyRecord]:
    for line, row in _rows(path, ("asin_a", "asin_b")):
        a, b = _asin(path, line, row["asin_a"]), _asin(path, line, row["asin_b"])
        if a == b:
            raise _refusal(path, line, f"{a} is paired with itself; remove the row")
        yield CoBuyRecord(source=path.name, line=line, asin_a=a, asin_b=b)


def _refusal(path: Path, line: int, message: str) -> CatalogError:
    return CatalogError(f"{path.name}, line {line}: {message}")


def _asin(path: Path, line: int, cell: str) -> str:
    asin = cell.strip()
    if not is_asin(asin):
        raise _refusal(path, line, f'"{asin[:40]}" is no ASIN; use 1 to 32 letters, digits, hyphens or underscores')
    return asin


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[Row]:
    table = _table(path)
    _, header = next(table, (0, None))
    if header is None:
        raise CatalogError(
            f"{path.name}: the file is empty; its first line must name the columns {', '.join(required)}"
        )
    columns = _columns(path, header, required)
    for line, cells in table:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            hint = (
                "put quotation marks around a cell that holds a comma" if len(cells) > len(columns) else "complete it"
            )
            raise _refusal(path, line, f"the header has {len(columns)} cells, this row {len(cells)}; {hint}")
        yield line, dict(zip(columns, cells, strict=True))


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


def _table(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line that each begins on: a quoted cell may run over several lines."""
    reader = csv.reader(_lines(path), strict=True)
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _refusal(
                path, start, f"not readable as CSV ({error}); look for a quotation mark left open"
            ) from error
        yield start, cells
        start = reader.line_num + 1


def _lines(path: Path) -> Iterator[str]:
    # Decoded line by line, so that a bad byte can be named by its place.
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                yield _decoded(path, number, raw)
    except OSError as error:
        raise CatalogError(f"{path}: {error.strerror}; give the path of a readable CSV file") from error


def _decoded(path: Path, number: int, raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        at = f"byte {error.start + 1} of the line is 0x{raw[error.start]:02x}"
        raise _refusal(path, number, f"not UTF-8 ({at}); save the file as UTF-8") from error
    if "\0" in text:
        raise _refusal(path, number, "a NUL byte; save the file as plain UTF-8 text")
    return text
