"""Intentions made elsewhere as a finished run, to be judged and compared; in one transaction, whole or not at all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Now

from common.rows import fields_refused, name_lock
from distillation.catalog.intake.indexing import filled_bare, keys_known
from distillation.catalog.readers.records import AS_NAMED, CatalogError, Names
from distillation.intentions.account import IntentionAccount
from distillation.intentions.layouts import Layout, layout_recognised
from distillation.intentions.reading import Row, rows_read
from distillation.intentions.records import IntentionRecord, Reader
from distillation.intentions.staging import intentions_place, intentions_stage
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS

BACKEND = "imported"
NOT_KNOWN = "not known"
SAY_EVERY = 100_000
SHOWN = 5  # rows of a file that is looked at

# Long rows are packed by LZ4, where the database has it: that takes half the time.
SETTINGS = """
SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL jit = off;
SELECT set_config('default_toast_compression', 'lz4', true)
FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)
"""

Say = Callable[[str], None]

# The same rows on both sides, whatever their ids.
DIFFERENCES = """
WITH stored AS (
    SELECT i.cobuy_id, i.relation::text, i.sample::bigint, i.text, v.yes, v.p_yes, v.reason
    FROM distillation_intention i LEFT JOIN distillation_verdict v ON v.intention_id = i.id WHERE i.run_id = %s
), given AS (
    SELECT cobuy_id, n.relation, sample, text, n.yes, p_yes, CASE WHEN n.yes IS NOT NULL THEN reason END
    FROM intention_sampled n JOIN intention_staged USING (place)
)
SELECT EXISTS (TABLE stored EXCEPT TABLE given) OR EXISTS (TABLE given EXCEPT TABLE stored)
"""
# Without the texts, which are sorted only as they are written.
NUMBERED = """
CREATE TEMP TABLE intention_numbered ON COMMIT DROP AS
SELECT nextval((SELECT pg_get_serial_sequence('distillation_intention', 'id'))) AS id, sorted.*
FROM (SELECT * FROM intention_sampled ORDER BY cobuy_id, relation, sample) sorted
"""
# With their words for the search, those of a co-buy's titles made once: the trigger would make them for each row, in
# twice the time.
INSERT = """
WITH titles AS MATERIALIZED (
    SELECT c.id AS cobuy_id, distillation_cobuy_words(a.title, b.title, a.category, b.category) AS words
    FROM distillation_cobuy c
    JOIN distillation_product a ON a.id = c.a_id JOIN distillation_product b ON b.id = c.b_id
    WHERE c.id IN (SELECT cobuy_id FROM intention_sampled)
)
INSERT INTO distillation_intention (id, run_id, cobuy_id, relation, sample, text, raw_reply, search)
SELECT n.id, %(run)s, cobuy_id, n.relation, sample, text, raw,
       s.words || titles.words || distillation_place_words(n.id, %(run)s, n.relation)
FROM intention_numbered n JOIN intention_staged s USING (place) JOIN titles USING (cobuy_id) ORDER BY n.id
"""
COBUYS_LOCKED = """
SELECT count(*) FROM (
    SELECT FROM distillation_cobuy WHERE id IN (SELECT cobuy_id FROM intention_sampled) FOR KEY SHARE
) AS locked
"""
INSERT_VERDICTS = """
INSERT INTO distillation_verdict (intention_id, yes, p_yes, reason, raw_reply)
SELECT n.id, n.yes, p_yes, reason, answer
FROM intention_numbered n JOIN intention_staged USING (place) WHERE n.yes IS NOT NULL ORDER BY n.id
"""
# A verdict that the file does not hold stands as owed, so that the sums of the run's page add up; a finished run is
# never taken up again.
INSERT_COBUYS = """
INSERT INTO distillation_runcobuy (run_id, cobuy_id, n_owed)
SELECT %(run)s, cobuy_id, count(*) - count(yes) FROM intention_sampled GROUP BY cobuy_id ORDER BY cobuy_id
"""
INSERT_TICK = """
INSERT INTO distillation_runtick
    (run_id, at, calls, prompt_tokens, cached_tokens, completion_tokens, features, intentions, verdicts, yes, failures)
SELECT %s, date_trunc('minute', now()), 0, 0, 0, 0, 0, count(*), count(yes), count(*) FILTER (WHERE yes), 0
FROM intention_sampled
"""


@dataclass(frozen=True, kw_only=True)
class IntentionImport:
    path: Path
    run: str
    format: str = "auto"
    model: str = ""
    create: bool = False
    columns: Names = field(default_factory=lambda: AS_NAMED)


def intentions_import(request: IntentionImport, say: Say = lambda line: None) -> IntentionAccount:
    """The same file again under the same name changes nothing; another file under it is refused."""
    rows, reader = opened(request)
    account = reader.account
    run = run_checked(request, reader.layout)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        name_lock("run_start", run.name)
        intentions_stage(cursor, _records(reader, rows, say))
        say(f"{account.rows:,} rows read; now they are written")
        intentions_place(cursor, account, create=request.create)
        _write(cursor, run, account)
    return account


def intentions_look(request: IntentionImport, lines: int) -> tuple[IntentionAccount, list[IntentionRecord]]:
    """What the import would make of so many rows, and the first few of them; nothing stays."""
    rows, reader = opened(request)
    first: list[IntentionRecord] = []

    def seen() -> Iterator[IntentionRecord]:
        for record in _records(reader, islice(rows, lines), lambda line: None):
            if len(first) < SHOWN:
                first.append(record)
            yield record

    with transaction.atomic(), connection.cursor() as cursor:
        intentions_stage(cursor, seen())
        intentions_place(cursor, reader.account, create=request.create)
        transaction.set_rollback(True)
    return reader.account, first


def opened(request: IntentionImport) -> tuple[Iterator[Row], Reader]:
    """The file's rows, and what makes records of them."""
    rows = rows_read(request.path, request.columns)
    first = next(rows, None)
    if first is None:
        raise CatalogError(f"{request.path.name}: no row below the header; give a file with intentions")
    layout = layout_recognised(request.path.name, list(first[1]), request.format)
    not_read = [name for name in first[1] if name not in (*layout.places(first[1]).values(), "id", "")]
    account = IntentionAccount(run=request.run, format=layout.name, columns_not_read=not_read)
    return chain([first], rows), Reader(request.path, layout, account)


def _records(reader: Reader, rows: Iterator[Row], say: Say) -> Iterator[IntentionRecord]:
    for line, row in rows:
        if record := reader.record(line, row):
            yield record
        if reader.account.rows % SAY_EVERY == 0:
            say(f"{reader.path.name}: {reader.account.rows:,} rows read")


def run_checked(request: IntentionImport, layout: Layout) -> Run:
    """Not saved; raises CatalogError for a name that a run can't have."""
    run = Run(name=request.run, backend=BACKEND, model=request.model or layout.origin, config={})
    if run.name == "new":
        raise CatalogError('The name "new" stands for the page that starts a run; choose another')
    try:
        run.clean_fields(exclude=["created_at", "config"])
    except ValidationError as error:
        raise CatalogError(fields_refused(run, error)) from error
    return run


def _write(cursor: CursorWrapper, run: Run, account: IntentionAccount) -> None:
    if not account.adds_up():
        raise CatalogError("the sums of the import do not add up: report this with the file")
    if stored := Run.objects.filter(name=run.name).first():
        account.unchanged = _refuse_unless_same(cursor, stored, run.model)
        return
    if not account.written:
        raise CatalogError(_why_nothing(account))
    run.config = _config(cursor)
    run.state, run.finished_at = Run.State.DONE, Now()
    run.save()
    with filled_bare(cursor, "distillation_intention", account.written):
        cursor.execute(COBUYS_LOCKED)
        with keys_known():
            for statement in (NUMBERED, INSERT, INSERT_VERDICTS, INSERT_COBUYS):
                cursor.execute(statement, {"run": run.pk})
    cursor.execute(INSERT_TICK, [run.pk])
    cursor.execute("SELECT gin_clean_pending_list('intention_search')")


def _refuse_unless_same(cursor: CursorWrapper, stored: Run, model: str) -> bool:
    other = f"Run {stored.name} exists and holds %s; give the new run another name"
    if stored.backend != BACKEND:
        raise CatalogError(other % f"what {stored.backend} has made")
    if stored.model != model:
        raise CatalogError(other % f"intentions of {stored.model}, not of {model}")
    cursor.execute(DIFFERENCES, [stored.pk])
    if cursor.fetchone()[0]:
        raise CatalogError(other % "other intentions than this import would write")
    return True


def _why_nothing(account: IntentionAccount) -> str:
    reason, count = max(account.left_out.items(), key=lambda item: item[1])
    return (
        f"None of {account.rows:,} rows can be imported ({count:,} x {reason}); import the catalog first, or make the "
        "products with --create"
    )


def _config(cursor: CursorWrapper) -> dict:
    """What pages read of any run's; how these intentions were made is not known here."""
    cursor.execute("SELECT array_agg(DISTINCT relation), max(sample) + 1, count(*) FROM intention_sampled")
    found, samples, imported = cursor.fetchone()
    return {
        "imported": imported,
        "relations": [code for code in RELATIONS if code in found],
        "samples": samples,
        "with_images": False,
        "limit": None,
        "temperature": NOT_KNOWN,
        "max_tokens": NOT_KNOWN,
        "prompt_version": NOT_KNOWN,
        "prompt_digest": "",
        "prompt_folder": None,
    }
