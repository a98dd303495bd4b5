"""The formats of one stream: JSON lines, CSV, N-Triples; all of them written by the database."""

from collections.abc import Iterator

from common.copying import BOM, csv_form, inert, with_decimal_comma
from knowledge.exports.rows import ALL, AS_LINES, COLUMNS, FREE_TEXT, Rows

AS_CSV = csv_form()
REALS = frozenset(("p_yes", "human_plausible"))


def jsonl(rows: Rows) -> Iterator[memoryview]:
    return json_lines(rows, rows.query(ALL))


def json_lines(rows: Rows, query: str) -> Iterator[memoryview]:
    return rows.ranges(f"SELECT row_to_json(x)::text FROM ({query} ORDER BY t.id) x", AS_LINES)  # noqa: S608


def csv(rows: Rows, *, raw: bool = False, excel: str = "") -> Iterator[bytes | memoryview]:
    columns = ", ".join(f"{_cell(name, raw, excel)} AS {name}" for name in COLUMNS)
    if excel:
        yield BOM
    yield from rows.ranges(f"{rows.query(columns)} ORDER BY t.id", csv_form(excel), header=True)


def csv_rows(rows: Rows) -> Iterator[memoryview]:
    """Cells as they are, without a header."""
    columns = ", ".join(f"{_cell(name, True, '')} AS {name}" for name in COLUMNS)
    return rows.ranges(f"{rows.query(columns)} ORDER BY t.id", AS_CSV)


def _cell(name: str, raw: bool, excel: str) -> str:
    if name in FREE_TEXT and not raw:
        return inert(COLUMNS[name])
    if name in REALS and excel == "semicolon":
        return with_decimal_comma(COLUMNS[name])
    return f"({COLUMNS[name]})::text" if name == "kept" else COLUMNS[name]
