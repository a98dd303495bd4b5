"""Rows of intention files: CSV or JSON lines, plain, gzip or zstd; what can't be read is refused by its line."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import orjson

from distillation.catalog.readers.csvtable import Table, refusal
from distillation.catalog.readers.lines import MAX_LINE, Lines
from distillation.catalog.readers.records import AS_NAMED, CatalogError, Names

NUL = b"\\u0000"  # JSON has no other way to write it
Row = tuple[int, dict[str, str]]


def rows_read(path: Path, names: Names = AS_NAMED) -> Iterator[Row]:
    """Each with the number of the line that it begins on; names of columns in lower case, absent values empty."""
    first = _first_line(path).removeprefix(b"\xef\xbb\xbf").lstrip()
    if first.startswith(b"["):
        raise refusal(path, 1, "a JSON array; write one object a line instead")
    return _json_rows(path, names) if first.startswith(b"{") else _csv_rows(path, names)


def _first_line(path: Path) -> bytes:
    for block in Lines(path):
        for line in block:
            if line.strip():
                return line
    raise CatalogError(f"{path.name}: the file is empty; give a CSV file with a header, or JSON lines")


def _csv_rows(path: Path, names: Names) -> Iterator[Row]:
    table = Table(path)
    header = table.header(names)
    if doubled := sorted({name for name in header if name and header.count(name) > 1}):
        raise refusal(path, 1, f"column {doubled[0]} is there twice; keep one of them")
    for line, cells in Table(path, table.end).rows():
        if len(cells) == len(header):
            yield line, dict(zip(header, cells, strict=True))
        elif any(cell.strip() for cell in cells):
            hint = "put quotation marks around a cell that holds a comma" if len(cells) > len(header) else "complete it"
            raise refusal(path, line, f"the header has {len(header)} cells, this row {len(cells)}; {hint}")


def _json_rows(path: Path, names: Names) -> Iterator[Row]:
    lines = Lines(path)
    for block in lines:
        first = lines.end.line - len(block) + 1
        for number, raw in enumerate(block, start=first):
            if raw.strip():
                row = _json_row(path, number, raw)
                yield number, {names.get(name, name): value for name, value in row.items()} if names else row


def _json_row(path: Path, number: int, raw: bytes) -> dict[str, str]:
    if len(raw) > MAX_LINE:
        raise refusal(path, number, f"more than {MAX_LINE:,} bytes; give a file with an object a line")
    try:
        record = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw)
    except orjson.JSONDecodeError as error:
        raise refusal(path, number, f"not JSON in UTF-8 ({error.msg}); mend or remove the line") from error
    if not isinstance(record, dict):
        raise refusal(path, number, "not a JSON object; write one object a line")
    row = {_plain(name): value if type(value) is str else _text(value) for name, value in record.items()}
    if NUL in raw and "\0" in "".join(row.values()):
        raise refusal(path, number, "a NUL sign; remove it")
    return row


@lru_cache(1_000)
def _plain(name: str) -> str:
    return name.strip().lower()


def _text(value: object) -> str:
    """Lists and objects hold nothing that is read here."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else ""
