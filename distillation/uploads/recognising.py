"""What a file holds, by how it begins; what can be nothing that is read here is refused at its first piece."""

import zipfile
from itertools import chain, islice
from pathlib import Path

from distillation.catalog.readers.csvfiles import COBUY_COLUMNS, CSV, refuse_other_delimiter
from distillation.catalog.readers.csvtable import Table
from distillation.catalog.readers.formats import HEAD, format_recognised
from distillation.catalog.readers.jsonlines import loads
from distillation.catalog.readers.objects import lines_of
from distillation.catalog.readers.records import CatalogError
from distillation.models import Upload
from distillation.uploads.kinds import Seen, kinds

Part = Upload.Part
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
BEGINS = 2_000  # bytes
PARQUET = b"PAR1"
SAVE_AS_CSV = "save it there as “CSV UTF-8”"
OTHERS = {
    b"Rar!": "RAR is not read; pack the pictures as ZIP",
    b"7z\xbc\xaf": "7z is not read; pack the pictures as ZIP",
    b"%PDF": "it is a PDF; choose the file that it was made from",
    b"\xd0\xcf\x11\xe0": f"it is a workbook of an old Excel; {SAVE_AS_CSV}",
    b"\xff\xfe": f"it is UTF-16, as Excel's “Unicode text”; {SAVE_AS_CSV}",
    b"\xfe\xff": f"it is UTF-16; {SAVE_AS_CSV}",
}
WORKBOOK_MARKS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis", b"_rels/.rels")


def why_unreadable(begins: bytes) -> str:
    """Of a file's first bytes; empty where it may be something."""
    if begins.startswith(ZIP) and any(mark in begins[:300] for mark in WORKBOOK_MARKS):
        return f"it is a workbook of a spreadsheet; {SAVE_AS_CSV}"
    return next((words for mark, words in OTHERS.items() if begins.startswith(mark)), "")


def part_recognised(path: Path) -> str:
    """What the file holds; raises CatalogError with what to do where nobody can tell."""
    begins = _begins(path)
    if why := why_unreadable(begins):
        raise CatalogError(f"{path.name}: {why}")
    if zipfile.is_zipfile(path):
        return Part.PICTURES
    seen = Seen(begins, [] if begins.startswith(PARQUET) else _fields(path))
    if found := next((kind.part for kind in kinds().values() if kind.fits(seen)), ""):
        return found
    if seen.has(*COBUY_COLUMNS):
        return Part.COBUYS
    form = format_recognised(path)
    if form is CSV and not seen.has("asin", "title"):
        header = Table(path).header()
        refuse_other_delimiter(path, header)
        raise CatalogError(f"its columns are not known here ({', '.join(header)[:120]}): say what it holds")
    return Part.PRODUCTS


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BEGINS)


def _fields(path: Path) -> list[frozenset[str]]:
    """Of records in JSON, their names; else of a table, those of its columns."""
    head = islice(chain.from_iterable(lines_of(path)), HEAD)
    of_records = [fields for line in head if (fields := _names(line))]
    return of_records or [frozenset(Table(path).header())]


def _names(line: bytes) -> frozenset[str]:
    try:
        item = loads(line.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return frozenset()
    return frozenset(map(str, item)) if isinstance(item, dict) else frozenset()
