"""The readers of judgments: a file's rows with their numbers, in their order, whatever is wrong with them."""

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from annotation.exchange.exports.rows import FREE_TEXT
from annotation.exchange.files.blocks import SIZE, Block, Numbered
from annotation.exchange.files.cells import ImportRefused, columns_check
from annotation.exchange.files.tables import blocks_read
from common.copying import FORMULA_START

LONGEST = 1 << 20  # bytes of a line
GUARDED = re.compile("'" + FORMULA_START[1:])
# How files begin that are none of the formats.
_OTHERWISE = {
    b"PK\x03\x04": "it is a workbook of a spreadsheet (.xlsx, .ods) or another zip; save it there as “CSV UTF-8”",
    b"\xd0\xcf\x11\xe0": "it is a workbook of an old Excel (.xls); save it there as “CSV UTF-8”",
    b"\xff\xfe": "it is UTF-16, as Excel's “Unicode text”; save it there as “CSV UTF-8”",
    b"\xfe\xff": "it is UTF-16; save it as “CSV UTF-8”",
    b"<": "it is HTML or XML; give the file that was exported",
}


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file's content, unpacked where it is packed by gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            yield gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[misc]  # read like any file of bytes
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportRefused(f"it is cut short or broken ({error}); pack or copy it again") from error


def format_of(path: Path) -> str:
    with opened(path) as file:
        begins = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if said := next((said for mark, said in _OTHERWISE.items() if begins.startswith(mark)), ""):
        raise ImportRefused(said)
    if begins.startswith(b"PAR1"):
        return "parquet"
    return {b"[": "label-studio", b"{": "jsonl"}.get(begins[:1], "csv")


def lines(file: BinaryIO) -> Iterator[str]:
    for number in count(1):
        line = file.readline(LONGEST + 1)
        if not line:
            return
        if len(line) > LONGEST:
            raise ImportRefused(f"line {number} is longer than {LONGEST:,} bytes; no judgment is")
        if b"\0" in line:
            raise ImportRefused(f"line {number} holds a NUL; save the file as text in UTF-8")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise ImportRefused(f"line {number} is not UTF-8; save the file as “CSV UTF-8”") from error


def csv_blocks(file: BinaryIO, *, machine: bool = False) -> Iterator[Block]:
    """Apostrophes that our export has put before formulas are taken away, unless it was one for machines."""
    for block in blocks_read(lines(file)):
        for name in () if machine else FREE_TEXT & block.columns.keys():
            block.columns[name] = [_unguarded(cell) if cell[:1] == "'" else cell for cell in block.columns[name]]
        yield block


def _unguarded(cell: str) -> str:
    return cell[1:] if GUARDED.match(cell) else cell


def jsonl_rows(file: BinaryIO) -> Numbered:
    checked: set[str] = set()
    for number, line in enumerate(lines(file), 1):
        if not line.strip():
            continue
        try:
            cells = orjson.loads(line)
        except ValueError as error:
            raise ImportRefused(f"line {number} is no JSON ({error})") from error
        if not isinstance(cells, dict):
            raise ImportRefused(f"line {number} is no JSON object")
        if cells.keys() != checked:
            _columns_check_at(number, cells)
            checked = set(cells)
        yield number, cells


def parquet_blocks(file: BinaryIO) -> Iterator[Block]:
    import pyarrow as pa  # noqa: PLC0415 - 60 MB of memory that no other format needs
    import pyarrow.parquet as pq  # noqa: PLC0415

    number = 0
    try:
        parquet = pq.ParquetFile(file)
        columns_check(parquet.schema_arrow.names)
        for batch in parquet.iter_batches(batch_size=SIZE, use_threads=False):
            columns = batch.to_pydict()
            yield Block(range(number + 1, number + 1 + len(batch)), columns)
            number += len(batch)
    except UnicodeDecodeError as error:
        raise ImportRefused(f"a text after row {number} is not UTF-8") from error
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0]
        raise ImportRefused(f"it is no whole Parquet file, read up to row {number} ({said}); copy it again") from error


def json_tasks(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """The elements of one JSON array, of which only the one in hand is held."""
    texts, decoder = _texts(file), json.JSONDecoder()
    buffer = next(texts, "").lstrip("\ufeff \t\r\n")
    place = 1  # behind the bracket that format_of has seen
    for number in count(1):
        while True:
            between = _BETWEEN.match(buffer, place)
            place = between.end() if between else place
            try:
                if buffer.startswith("]", place):
                    return
                task, place = decoder.raw_decode(buffer, place)
                break
            except (ValueError, RecursionError) as error:
                more = next(texts, "") if len(buffer) - place < 16 * LONGEST else ""
                if not more:
                    raise ImportRefused(f"task {number} is no JSON, or the file is cut short there") from error
                buffer, place = buffer[place:] + more, 0
        yield number, task


_BETWEEN = re.compile(r"[\s,]*")


def _texts(file: BinaryIO) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(LONGEST):
            yield decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise ImportRefused("it is not UTF-8; save it as text in UTF-8") from error


def _columns_check_at(number: int, cells: dict) -> None:
    try:
        columns_check(cells)
    except ImportRefused as refusal:
        raise ImportRefused(f"line {number}: {refusal}") from refusal
