"""Purchases out of files of any length: a block of lines a transaction, which also says how far it reaches."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Now

from distillation.catalog.intake.job import alone
from distillation.catalog.readers.records import AS_NAMED, START, CatalogError, Names, Position
from distillation.models import BuyerKey, FileImport, PurchaseImport
from distillation.purchases.account import PurchaseAccount
from distillation.purchases.cobuys import purchases_pair
from distillation.purchases.formats import (
    OWN,
    Bought,
    Chunk,
    Options,
    PurchaseFormat,
    format_recognised,
    purchases_read,
)

State = FileImport.State
Say = Callable[[str], None]
BLOCK_LINES = 20_000
MOST_PER_BUYER = 200
SHOWN = 5  # purchases of a file that is looked at
UNKNOWN = "of a product that is not in the catalog"

BLOCK = "CREATE TEMP TABLE purchase_block (buyer bigint, asin text, at bigint)"
COPY = "COPY purchase_block FROM STDIN"
# In the order of their key, so that neighbours in the index are written together.
INSERT = """
INSERT INTO distillation_purchase (buyer, product_id, at)
SELECT DISTINCT buyer, product.id, to_timestamp(block.at) FROM purchase_block block
JOIN distillation_product product USING (asin) ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""
KNOWN = "SELECT count(*) FROM purchase_block JOIN distillation_product USING (asin)"


@dataclass(frozen=True, kw_only=True)
class PurchaseRequest:
    paths: list[Path]
    format: str = "auto"
    window: int | None = None
    verified_only: bool = False
    max_per_buyer: int = MOST_PER_BUYER
    columns: Names = field(default_factory=lambda: AS_NAMED)  # of CSV files

    @property
    def options(self) -> dict[str, object]:
        names = ("window", "verified_only", "max_per_buyer")
        columns = {"columns": dict(self.columns)} if self.columns else {}
        return {name: getattr(self, name) for name in names} | columns

    def stats(self) -> list[tuple[str, int, int]]:
        try:
            found = [(path, path.stat()) for path in self.paths]
        except OSError as error:
            raise CatalogError(f"{error.filename}: {error.strerror}; give the path of a readable file") from error
        return [(str(path.resolve()), each.st_size, each.st_mtime_ns) for path, each in found]

    def key(self) -> str:
        asked = json.dumps([self.format, self.stats(), self.options], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()


@dataclass
class Job:
    request: PurchaseRequest
    row: PurchaseImport
    account: PurchaseAccount

    @classmethod
    def of(cls, request: PurchaseRequest) -> "Job":
        """The unfinished import of the same request, else a new one."""
        key, sources = request.key(), [{"name": Path(name).name, "size": size} for name, size, _ in request.stats()]
        row = PurchaseImport.objects.filter(key=key, state=State.READING).last()
        row = row or PurchaseImport(key=key, format=request.format, sources=sources, options=request.options)
        if not row.progress:
            row.progress = {"file": 0, "line": 0, "offset": 0}
        job = cls(request, row, PurchaseAccount(**row.account))
        job.account.window = request.window
        return job

    def save(self) -> None:
        self.row.account = asdict(self.account)
        self.row.save()

    def end(self, state: State, message: str = "") -> None:
        self.row.state, self.row.message = state, message[:1000]
        self.row.finished_at = Now()
        self.save()


def purchases_import(request: PurchaseRequest, say: Say = lambda line: None) -> PurchaseAccount:
    """Started again after whatever has stopped it, it goes on where it was; what is there already is not doubled."""
    with alone():
        forms = [_form(path, request) for path in request.paths]
        if OWN in forms:
            _refuse_bad_rows(request)
        job = Job.of(request)
        try:
            for number in range(job.row.progress["file"], len(forms)):
                _file_read(job, request.paths[number], forms[number], say)
                job.row.progress = {"file": number + 1, "line": 0, "offset": 0}
                job.save()
            _refuse_nothing(job)
            if request.window is not None:
                with transaction.atomic(), connection.cursor() as cursor:
                    purchases_pair(cursor, job.account, job.row, request.window, request.max_per_buyer)
            _refuse_wrong_sums(job)
        except CatalogError as error:
            job.end(State.REFUSED, str(error))
            raise
        job.end(State.DONE)
    return job.account


def _form(path: Path, request: PurchaseRequest) -> PurchaseFormat:
    return OWN if request.format == OWN.name else format_recognised(path, request.format)


def purchases_look(request: PurchaseRequest, lines: int) -> tuple[PurchaseAccount, list[Bought]]:
    """What the import would make of so many lines of its first file, and what the first few say; nothing stays."""
    path, account, block = request.paths[0], PurchaseAccount(), []
    chunks = purchases_read(path, _form(path, request), START, _options(request), request.columns)
    for chunk in chunks:
        block.append(chunk._replace(lines=chunk.lines[: lines - account.lines]))
        account.lines += len(block[-1].lines)
        if account.lines >= lines:
            break
    account.lines = 0
    with transaction.atomic(), connection.cursor() as cursor:
        _block_write(cursor, account, block, BuyerKey.now())
        transaction.set_rollback(True)
    found = (bought for chunk in block for line in chunk.lines if not isinstance(line, str) for bought in line)
    return account, list(islice(found, SHOWN))


def _options(request: PurchaseRequest) -> Options:
    return Options(request.verified_only, time.time())


def _file_read(job: Job, path: Path, form: PurchaseFormat, say: Say) -> None:
    start, key = Position(job.row.progress["line"], job.row.progress["offset"]), BuyerKey.now()
    chunks = purchases_read(path, form, start, _options(job.request), job.request.columns)
    while block := _block(chunks):
        with transaction.atomic(), connection.cursor() as cursor:
            _block_write(cursor, job.account, block, key)
            job.row.progress.update(line=block[-1].end.line, offset=block[-1].end.offset)
            job.save()
        say(f"{path.name}: {job.row.progress['line']:,} lines read")


def _block(chunks: Iterator[Chunk]) -> list[Chunk]:
    block: list[Chunk] = []
    for chunk in chunks:
        block.append(chunk)
        if sum(len(each.lines) for each in block) >= BLOCK_LINES:
            break
    return block


def _block_write(cursor: CursorWrapper, account: PurchaseAccount, block: list[Chunk], key: bytes) -> None:
    read = 0
    cursor.execute(BLOCK)
    with cursor.copy(COPY) as copy:
        for _, lines in block:
            texts = []
            account.lines += len(lines)
            for found in lines:
                if isinstance(found, str):
                    account.leave_out_line(found)
                else:
                    texts += [_text(each, key) for each in found]
            copy.write("".join(texts))
            read += len(texts)
    cursor.execute(KNOWN)
    known = cursor.fetchone()[0]
    cursor.execute(INSERT)
    new = cursor.rowcount
    cursor.execute("DROP TABLE purchase_block")
    account.purchases += read
    account.purchases_new += new
    account.purchases_already_stored += known - new
    account.leave_out_purchases(UNKNOWN, read - known)


def _text(bought: Bought, key: bytes) -> str:
    return f"{buyer_number(bought.buyer, key)}\t{bought.asin}\t{bought.at}\n"


def buyer_number(buyer: str, key: bytes) -> int:
    """64 bits of a keyed hash: among ten million buyers two share a number with a chance of 3 in a million."""
    digest = hashlib.blake2b(buyer.encode(), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _refuse_bad_rows(request: PurchaseRequest) -> None:
    """A shop's own file is read through before anything is written: it is refused whole or not at all."""
    for path in request.paths:
        for _ in purchases_read(path, OWN, START, Options(), request.columns):
            pass


def _refuse_nothing(job: Job) -> None:
    account, names = job.account, ", ".join(path.name for path in job.request.paths)
    if not account.lines_read:
        reasons = ", ".join(f"{count:,} x {reason}" for reason, count in account.lines_left_out.items())
        raise CatalogError(f"{names}: no purchase in {account.lines:,} lines ({reasons or 'the file is empty'})")
    if not account.purchases_new + account.purchases_already_stored:
        raise CatalogError(
            f"{names}: none of {account.purchases:,} purchases is of a product in the catalog; import the catalog first"
        )


def _refuse_wrong_sums(job: Job) -> None:
    if not job.account.adds_up():
        raise CatalogError(f"the sums of purchases {job.row.pk} do not add up: report this with its account")
