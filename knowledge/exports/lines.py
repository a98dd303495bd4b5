"""The formats of one stream: JSON lines, CSV, N-Triples; all of them written by the database."""

from collections.abc import Iterator

from common.copying import inert
from knowledge.exports.rows import ALL, AS_LINES, COLUMNS, FREE_TEXT, Rows

AS_CSV = "(FORMAT csv, ENCODING 'UTF8')"


def jsonl(rows: Rows) -> Iterator[memoryview]:
    return json_lines(rows, rows.query(ALL))


def json_lines(rows: Rows, query: str) -> Iterator[memoryview]:
    return rows.ranges(f"SELECT row_to_json(x)::text FROM ({query} ORDER BY t.id) x", AS_LINES)  # noqa: S608


def csv(rows: Rows, *, raw: bool = False, header: bool = True) -> Iterator[memoryview]:
    columns = ", ".join(f"{_cell(name, raw)} AS {name}" for name in COLUMNS)
    return rows.ranges(f"{rows.query(columns)} ORDER BY t.id", AS_CSV, header=header)


def _cell(name: str, raw: bool) -> str:
    if name in FREE_TEXT and not raw:
        return inert(COLUMNS[name])
    return f"({COLUMNS[name]})::text" if name == "kept" else COLUMNS[name]
