"""The input's records in tables of their own, block by block; each block is committed with how far it reaches."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from distillation.catalog.intake.beside import Read, rows_read
from distillation.catalog.intake.job import Job
from distillation.catalog.intake.texts import Rows, TextOf, cobuy_text, product_text
from distillation.catalog.readers.csvfiles import read_cobuys
from distillation.catalog.readers.records import Position

Say = Callable[[str], None]

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
    read, statement, text_of = reading(job, path)
    is_table = job.request.form.is_strict or statement == COPY_COBUYS
    with rows_read(path, read, job.position, text_of, is_table=is_table) as rows:
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                with cursor.copy(statement) as copy:
                    end = _block_copy(copy.write, rows, job)
                if end is None:
                    return
                job.row.progress.update(line=end.line, offset=end.offset)
                job.save()
            say(f"{path.name}: {end.line:,} lines read")


def reading(job: Job, path: Path) -> tuple[Read, str, TextOf]:
    """Of the file that the import is at: how it is read, where its records are staged, and as what."""
    request, file = job.request, job.row.progress["file"]
    if file < len(request.paths):
        read = partial(request.form.read, path, fields=request.cobuy_fields)
        return read, COPY_PRODUCTS, product_text(file, request.category)
    read = partial(read_cobuys, path, names=request.cobuy_columns)
    return read, COPY_COBUYS, cobuy_text(file, path.name if request.form.is_strict else "")


def _block_copy(write: Callable[[bytes], None], chunks: Iterator[Rows], job: Job) -> Position | None:
    """Hand over one block, a chunk at a time, so that the server works while the next is parsed."""
    progress, end = job.row.progress, None
    for end, data, n, tally in chunks:
        write(data)
        job.account.add(tally.account)
        progress["staged"] += n
        progress["products"] += n
        progress["pictures"] += tally.has_picture  # what counts is whether there is any
        if end.line - progress.get("line", 0) >= BLOCK_LINES:
            break
    return end
