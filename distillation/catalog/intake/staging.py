"""The input's records in tables of their own, block by block; each block is committed with how far it reaches."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.intake.job import Job
from distillation.catalog.readers.cleaning import is_of_category
from distillation.catalog.readers.csvfiles import read_cobuys
from distillation.catalog.readers.records import CatalogError, Chunk, CoBuyRecord, LeftOut, Position, ProductRecord

Say = Callable[[str], None]
TextOf = Callable[[int, Any], str]  # of a line's number and what its file's form gives: products or co-buys

PRODUCTS = """catalog_staged_product (
    place bigint, asin text, title text, category text, image text, candidates text, price numeric(12, 2)
)"""
COBUYS = "catalog_staged_cobuy (place bigint, asin_a text, asin_b text)"
# Unlogged: they are soon gone, and after a crash of the database, which empties them, the input is read again.
TABLES = f"""
DROP TABLE IF EXISTS catalog_staged_product, catalog_staged_cobuy, catalog_pair;
CREATE UNLOGGED TABLE {PRODUCTS};
CREATE UNLOGGED TABLE {COBUYS}
"""
# Of this session alone and found before the others, for looking at files while an import runs.
OWN_TABLES = f"CREATE TEMP TABLE {PRODUCTS} ON COMMIT DROP; CREATE TEMP TABLE {COBUYS} ON COMMIT DROP"
COUNT = """
SELECT (SELECT count(*) FROM catalog_staged_product) + (SELECT count(*) FROM catalog_staged_cobuy)
"""
COPY_PRODUCTS = "COPY catalog_staged_product FROM STDIN"
COPY_COBUYS = "COPY catalog_staged_cobuy FROM STDIN"

BLOCK_LINES = 20_000
NULL = r"\N"
_CANDIDATE = re.compile(r"([A-Za-z0-9_-]{1,32})(?::[24])?")  # see `candidates_of`
_ASINS = re.compile(r"[A-Za-z0-9_-]{1,32}(?: [A-Za-z0-9_-]{1,32})*")


def place_of(file: int, line: int) -> int:
    """Orders the lines of all files by one number."""
    return file << 40 | line


def place_named(job: Job, place: int) -> tuple[str, int]:
    return job.request.files[place >> 40].name, place & (1 << 40) - 1


def staging_holds(cursor: CursorWrapper, job: Job) -> bool:
    cursor.execute("SELECT to_regclass('catalog_staged_product') IS NOT NULL")
    if not job.row.progress or not cursor.fetchone()[0]:
        return False
    cursor.execute(COUNT)
    return cursor.fetchone()[0] == job.row.progress["staged"]


def staging_drop(cursor: CursorWrapper) -> None:
    cursor.execute("DROP TABLE IF EXISTS catalog_staged_product, catalog_staged_cobuy, catalog_pair")


def files_stage(job: Job, say: Say) -> None:
    progress, files = job.row.progress, job.request.files
    while progress["file"] < len(files):
        _file_stage(job, files[progress["file"]], say)
        if job.request.download and progress.get("products") and not progress.get("pictures"):
            job.account.files_without_pictures.append(files[progress["file"]].name)
        progress.update(file=progress["file"] + 1, line=0, offset=0, products=0, pictures=0)
        job.save()


def _file_stage(job: Job, path: Path, say: Say) -> None:
    chunks, statement, text_of = reading(job, path)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                end = _block_copy(copy.write, chunks, text_of, job)
            if end is None:
                return
            job.row.progress.update(line=end.line, offset=end.offset)
            job.save()
        say(f"{path.name}: {end.line:,} lines read")


def reading(job: Job, path: Path) -> tuple[Iterator[Chunk], str, TextOf]:
    """Of the file that the import is at: its records, where they are staged, and as what."""
    file = job.row.progress["file"]
    if file < len(job.request.paths):
        wanted = job.request.category.casefold()
        chunks = job.request.form.read(path, job.position, job.request.cobuy_fields)
        return chunks, COPY_PRODUCTS, _product_text(file, wanted, job)
    return read_cobuys(path, job.position, job.request.cobuy_columns), COPY_COBUYS, _cobuy_text(file, job)


def _block_copy(write: Callable[[str], None], chunks: Iterator[Chunk], text_of: TextOf, job: Job) -> Position | None:
    """Hand over one block, a chunk at a time, so that the server works while the next is parsed."""
    end, lines = None, 0
    for behind, found in chunks:
        texts = [text for line, one in found if (text := text_of(line, one))]
        write("".join(texts))
        job.row.progress["staged"] += len(texts)
        end, lines = behind, lines + len(found)
        if lines >= BLOCK_LINES:
            break
    return end


def _product_text(file: int, wanted: str, job: Job) -> TextOf:
    first, account, of_file = place_of(file, 0), job.account, job.row.progress

    def text_of(line: int, found: ProductRecord | LeftOut) -> str:
        account.lines += 1
        if wanted and isinstance(found, ProductRecord) and not is_of_category(found, wanted):
            found = LeftOut("of another category", len(found.candidates))
        if isinstance(found, LeftOut):
            account.leave_out_line(found.reason)
            account.candidates += found.candidates
            account.leave_out_candidates("of a line left out", found.candidates)
            return ""
        asin, title, category, price, image, _, candidates, unreadable_price = found
        account.prices_unreadable += unreadable_price
        if not of_file["pictures"]:  # one is enough: what counts is whether there is any
            of_file["products"] += 1
            of_file["pictures"] += image.startswith("http")
        others = candidates_text(asin, candidates, account) if candidates else ""
        kept = f"{asin}\t{title}\t{category}\t{image}\t{others}".replace("\\", r"\\")
        return f"{first + line}\t{kept}\t{price or NULL}\n"

    return text_of


def candidates_text(own: str, raw: list, account: CatalogAccount) -> str:
    account.candidates += len(raw)
    try:
        others = dict.fromkeys(raw)
        text = " ".join(others)
    except TypeError:  # not all of them are texts
        return _candidates_chosen(own, raw, account)
    if len(others) < len(raw) or own in others or not _ASINS.fullmatch(text):
        return _candidates_chosen(own, raw, account)
    return text


def _candidates_chosen(own: str, raw: list, account: CatalogAccount) -> str:
    valid = [match for one in raw if isinstance(one, str) and (match := _CANDIDATE.fullmatch(one))]
    others = [match[0] for match in valid if match[1] != own]
    different = dict.fromkeys(others)
    account.leave_out_candidates("no ASIN", len(raw) - len(valid))
    account.leave_out_candidates("the product itself", len(valid) - len(others))
    account.leave_out_candidates("twice in one line", len(others) - len(different))
    return " ".join(different)


def _cobuy_text(file: int, job: Job) -> TextOf:
    first = place_of(file, 0)

    def text_of(line: int, pair: CoBuyRecord) -> str:
        job.account.candidates += 1
        if pair.asin_a == pair.asin_b:
            if job.request.form.is_strict:
                raise CatalogError(
                    f"{job.request.files[file].name}, line {line}: {pair.asin_a} is paired with itself; remove the row"
                )
            job.account.leave_out_candidates("the product itself")
            return ""
        return f"{first + line}\t{pair.asin_a}\t{pair.asin_b}\n"

    return text_of
