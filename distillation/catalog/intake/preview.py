"""What an import would make of its files, from their first lines: read and refused by the import's own steps."""

from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.intake.job import ImportRequest, Job
from distillation.catalog.intake.products import repeats_settle
from distillation.catalog.intake.staging import OWN_TABLES, reading
from distillation.catalog.readers.formats import refuse_wrong_format
from distillation.catalog.readers.records import CoBuyRecord, Found, LeftOut, ProductRecord

LINES, ROWS = 10_000, 5


@dataclass
class Preview:
    account: CatalogAccount
    products: list[ProductRecord] = field(default_factory=list)  # the first few
    cobuys: list[CoBuyRecord] = field(default_factory=list)
    examples: dict[str, int] = field(default_factory=dict)  # the first line that is left out for each reason
    is_whole: bool = True  # the product files were read to their ends

    @property
    def left_out(self) -> list[tuple[str, int, int | None]]:
        counts = sorted(self.account.lines_left_out.items(), key=lambda item: (-item[1], item[0]))
        return [(reason, count, self.examples.get(reason)) for reason, count in counts]

    @property
    def kept(self) -> int:
        return self.account.lines - sum(self.account.lines_left_out.values())

    def see(self, line: int, one: Found) -> None:
        if isinstance(one, LeftOut):
            self.examples.setdefault(one.reason, line)
        elif isinstance(one, ProductRecord) and len(self.products) < ROWS:
            self.products.append(one)
        elif isinstance(one, CoBuyRecord) and len(self.cobuys) < ROWS:
            self.cobuys.append(one)


def catalog_preview(request: ImportRequest) -> Preview:
    """Raises CatalogError for what the import would refuse of these lines."""
    job = Job.looking(request)
    preview = Preview(job.account)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OWN_TABLES)
        for number, path in enumerate(request.files):
            job.row.progress["file"] = number
            if number < len(request.paths):
                refuse_wrong_format(path, request.form)
                preview.is_whole &= _products_stage(cursor, job, path, preview)
            else:
                _cobuys_stage(cursor, job, path, preview)
        repeats_settle(cursor, job)
    return preview


def _products_stage(cursor: CursorWrapper, job: Job, path: Path, preview: Preview) -> bool:
    """Whether that was all."""
    statement, texts = _texts(job, path, preview)
    with cursor.copy(statement) as copy:
        copy.write("".join(texts[:LINES]))
    return len(texts) <= LINES


def _cobuys_stage(cursor: CursorWrapper, job: Job, path: Path, preview: Preview) -> None:
    statement, texts = _texts(job, path, preview)
    if preview.is_whole:  # else their products may come behind the lines that were looked at
        with cursor.copy(statement) as copy:
            copy.write("".join(texts[:LINES]))


def _texts(job: Job, path: Path, preview: Preview) -> tuple[str, list[str]]:
    """As they are staged; one more than is looked at tells that there are more."""
    chunks, statement, text_of = reading(job, path)
    texts: list[str] = []
    for line, one in islice(chain.from_iterable(chunk.found for chunk in chunks), LINES + 1):
        if len(texts) < LINES:
            preview.see(line, one)
        texts.append(text_of(line, one) if len(texts) < LINES else "")
    return statement, texts
