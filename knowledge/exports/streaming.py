"""A run's knowledge base as a response: nothing is held in memory, and a broken download leaves nothing open."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from common.copying import joined
from common.refusals import ExportRefused
from common.snapshot import snapshot
from knowledge.exports.exporting import stream_of
from knowledge.exports.rows import Rows
from knowledge.exports.selection import Selection


@dataclass(frozen=True, slots=True)
class Format:
    media_type: str
    words: str


STREAMED = {
    "jsonl": Format("application/jsonl; charset=utf-8", "JSON lines"),
    "csv": Format("text/csv; charset=utf-8", "CSV"),
}


def refuse_empty(selection: Selection) -> None:
    """Before the answer begins: what is in it can't take back that it is one."""
    with snapshot(), closing(Rows(selection)) as rows:
        anything = rows.ranges(f"{rows.query('1', products='')} LIMIT 1", "(FORMAT csv)")
        if next(anything, None) is None:
            raise ExportRefused(
                f"Run {selection.run.name} has no intention that these filters let through; ask for others"
            )


def intentions_pieces(selection: Selection, form: str, *, raw: bool = False, excel: str = "") -> Iterator[bytes]:
    """In pieces of about 64 kB, all of one moment."""
    with snapshot(), closing(Rows(selection)) as rows:
        yield from joined(stream_of(form, raw=raw, excel=excel)(rows))
