"""What an import would make of its files, from their first lines: read and refused by the import's own steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.intake.job import ImportRequest, Job
from distillation.catalog.intake.products import repeats_settle
from distillation.catalog.intake.staging import OWN_TABLES, reading
from distillation.catalog.intake.texts import Tally
from distillation.catalog.readers.formats import refuse_wrong_format
from distillation.catalog.readers.records import CoBuyRecord, Found, LeftOut, ProductRecord

LINES, ROWS = 10_000, 5


@dataclass
class Preview:
    account: CatalogAccount
    has_picture: Callable[[ProductRecord], bool]
    products: list[ProductRecord] = field(default_factory=list)  # the first few
    cobuys: list[CoBuyRecord] = field(default_factory=list)
    examples: dict[str, int] = field(default_factory=dict)  # the first line that is left out for each reason
    with_picture: int = 0  # lines
    is_whole: bool = True  # the product files were read to their ends

    @property
    def left_out(self) -> list[tuple[str, int, int | None]]:
        counts = sorted(self.account.lines_left_out.items(), key=lambda item: (-item[1], item[0]))
        return [(reason, count, self.examples.get(reason)) for reason, count in counts]

    @property
    def kept(self) -> int:
        return self.account.lines - sum(self.account.lines_left_out.values())

    @property
    def n_left_out(self) -> int:
        return sum(self.account.lines_left_out.values())

    @property
    def without_picture(self) -> int:
        return max(0, self.kept - self.with_picture)

    @property
    def marked(self) -> list[tuple[str, int]]:
        """What is kept and lacks something."""
        counts = {"No picture": self.without_picture, "Price not readable": self.account.prices_unreadable}
        return [(reason, count) for reason, count in counts.items() if count]

    def see(self, line: int, one: Found) -> None:
        if isinstance(one, LeftOut):
            self.examples.setdefault(one.reason, line)
        elif isinstance(one, ProductRecord):
            self.with_picture += self.has_picture(one)
            if len(self.products) < ROWS:
                self.products.append(one)
        elif isinstance(one, CoBuyRecord) and len(self.cobuys) < ROWS:
            self.cobuys.append(one)


def catalog_preview(request: ImportRequest, has_picture: Callable[[ProductRecord], bool]) -> Preview:
    """Raises CatalogError for what the import would refuse of these lines."""
    job = Job.looking(request)
    preview = Preview(job.account, has_picture)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OWN_TABLES)
        for number, path in enumerate(request.files):
            job.row.progress["file"] = number
            is_product = number < len(request.paths)
            if is_product:
                refuse_wrong_format(path, request.form)
            # Of co-buys the products may come behind the lines that were looked at.
            is_read = _stage(cursor, job, path, preview, is_product or preview.is_whole)
            preview.is_whole &= is_read or not is_product
        repeats_settle(cursor, job)
    return preview


def _stage(cursor: CursorWrapper, job: Job, path: Path, preview: Preview, is_kept: bool) -> bool:
    """A row at a time, so that never more than a block of the file is in memory. Whether that was all."""
    read, statement, text_of = reading(job, path)
    found, tally = chain.from_iterable(chunk.found for chunk in read(job.position)), Tally(job.account)
    with cursor.copy(statement) as copy:
        for line, one in islice(found, LINES):
            preview.see(line, one)
            if (text := text_of(line, one, tally)) and is_kept:
                copy.write(text)
    return next(found, None) is None
