"""The catalog formats by name, and which of them a file looks like."""

from itertools import chain, islice
from pathlib import Path

from distillation.catalog.readers.amazon2014 import AMAZON_2014
from distillation.catalog.readers.amazon2018 import AMAZON_2018
from distillation.catalog.readers.amazon2023 import AMAZON_2023
from distillation.catalog.readers.csvfiles import CSV
from distillation.catalog.readers.lines import refuse_old_mac
from distillation.catalog.readers.objects import lines_of
from distillation.catalog.readers.records import CatalogError, CatalogFormat

FORMATS = {form.name: form for form in (AMAZON_2014, AMAZON_2018, AMAZON_2023, CSV)}
HEAD = 20


def _refuse_other_lines(path: Path, head: list[bytes]) -> None:
    """What does not hold one object a line."""
    if len(head) == 1:
        refuse_old_mac(path, head[0])
    if head and head[0].lstrip().startswith(b"["):
        raise CatalogError(f"{path.name} is one list and no JSON array of objects; write it anew with an object a line")


def format_recognised(path: Path) -> CatalogFormat:
    """By the first lines. What looks like a table is CSV: its reader says what is wrong with it."""
    head = _head(path)
    for form in FORMATS.values():
        if any(map(form.recognises, head)):
            return form
    if not head:
        raise CatalogError(f"{path.name}: the file is empty; give a file of product metadata")
    if head[0].lstrip().startswith(b"<"):
        raise CatalogError(f"{path.name} begins like a page of the web: probably a download page was saved")
    if not head[0].lstrip().startswith((b"{", b"[")):
        return CSV
    _refuse_reviews(path, head)
    raise CatalogError(f"{path.name}: none of its first {HEAD} lines is a product; known are {', '.join(FORMATS)}")


def _head(path: Path) -> list[bytes]:
    return list(islice(chain.from_iterable(lines_of(path)), HEAD))


def _refuse_reviews(path: Path, head: list[bytes]) -> None:
    if any(b"reviewText" in line or b'"user_id"' in line for line in head):
        raise CatalogError(f"{path.name} looks like a file of reviews; give the metadata file (meta_…)")


def refuse_wrong_format(path: Path, form: CatalogFormat) -> None:
    """By the first lines: one that the format knows is enough, for the others may be damaged."""
    head = _head(path)
    if not head and not form.is_strict:
        raise CatalogError(f"{path.name}: the file is empty; give a file of product metadata")
    if any(map(form.recognises, head)):
        return
    _refuse_other_lines(path, head)
    for other in FORMATS.values():
        if any(map(other.recognises, head)):
            raise CatalogError(f"{path.name} looks like {other.name}, not {form.name}: give --format {other.name}")
    _refuse_reviews(path, head)
