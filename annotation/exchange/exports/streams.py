"""The formats, each a stream of the rows; all but Parquet are written by the database."""

from collections.abc import Callable, Iterator

from annotation.exchange.exports.label_studio import label_studio
from annotation.exchange.exports.options import Options
from annotation.exchange.exports.parquet import parquet
from annotation.exchange.exports.rows import Rows
from annotation.models import Study
from common.copying import BOM, EXCEL, csv_form, joined
from common.snapshot import snapshot

ROW_GROUP = 8 * 1024 * 1024  # bytes of CSV

# Signs that JSON has only escaped, and the other lines not at all: so nothing is quoted, and a line is a row.
AS_LINES = "WITH (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02', ENCODING 'UTF8')"


def judgments_csv(study: Study) -> Iterator[bytes]:
    """All of the study's judgments, one row each; empty ratings are empty cells."""
    return judgments_stream(Rows(study, Options()))


def judgments_stream(rows: Rows) -> Iterator[bytes]:
    """Pieces of about 64 kB, all of one moment; `rows.snapshot_at` then says which."""
    with snapshot() as rows.snapshot_at:
        yield from joined(_STREAMS[rows.options.format](rows))


def _csv(rows: Rows) -> Iterator[bytes]:
    excel, query = rows.options.excel, rows.selected_for_csv()
    yield (BOM if excel else b"") + EXCEL.get(excel, ",").join(rows.columns).encode() + b"\n"
    yield from rows.copied(query, csv_form(excel))


def _jsonl(rows: Rows) -> Iterator[bytes]:
    query = f"SELECT row_to_json(x)::text FROM ({rows.selected()}) x"  # noqa: S608 - of our own columns
    yield from rows.copied(query, AS_LINES)


def _parquet(rows: Rows) -> Iterator[bytes]:
    return parquet(list(rows.columns), joined(rows.copied(rows.selected(), csv_form()), ROW_GROUP))


def _label_studio(rows: Rows) -> Iterator[bytes]:
    query, params = label_studio(rows)
    rows.params |= params
    before = b"[\n"
    for lines in rows.copied(query, AS_LINES):
        yield before + lines.removesuffix(b"\n").replace(b"\n", b",\n")
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


_STREAMS: dict[str, Callable[[Rows], Iterator[bytes]]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "label-studio": _label_studio,
}
