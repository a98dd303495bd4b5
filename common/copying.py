"""Output of COPY for downloads: cells that no spreadsheet runs, rows joined into pieces."""

import re
import select
from collections.abc import Iterable, Iterator

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from common.refusals import ExportRefused

CHUNK = 64 * 1024  # bytes

# A spreadsheet runs a cell that begins so, some after blanks, some with full-width signs; an apostrophe keeps it text.
# One that is there already gets another, so that readers can take one away. One pattern for PostgreSQL and for Python.
_BLANK = r"\t\n\u000b\f\r \u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
FORMULA_START = rf"^\u0027*([\t\n\r]|[{_BLANK}]*[=+\-@\uff1d\uff0b\uff0d\uff20])"

BOM = b"\xef\xbb\xbf"
# How a spreadsheet is set up: commas between cells, or semicolons between them and commas in numbers.
EXCEL = {"comma": ",", "semicolon": ";"}


def refuse_unfit_for_excel(excel: str, *, form: str, raw: bool) -> None:
    if excel and (raw or form != "csv" or excel not in EXCEL):
        raise ExportRefused("For Excel there is CSV with comma or semicolon, in cells that no spreadsheet runs")


def csv_form(excel: str = "") -> str:
    """Options of COPY."""
    return f"(FORMAT csv, DELIMITER '{EXCEL.get(excel, ',')}', ENCODING 'UTF8')"


def with_decimal_comma(expression: str) -> str:
    return f"replace(({expression})::text, '.', ',')"


def inert(expression: str) -> str:
    # No formula begins with a sign from A (65) to 128, as most texts do: the rest is looked at closely. One shift of a
    # number instead of two comparisons of texts: there are a dozen such cells in each of a million rows.
    rare = f"(ascii({expression}) - 65) >> 6 <> 0"
    return f"CASE WHEN {rare} AND {expression} ~ '{FORMULA_START}' THEN '''' || {expression} ELSE {expression} END"


def copy_rows(pgconn: PGconn) -> Iterator[memoryview]:
    """What `Copy.read` gives: that goes through four functions of Python for each row, which takes longer than to make
    the row."""
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    while True:
        try:
            size, row = pgconn.get_copy_data(1)
        except psycopg.OperationalError:
            return  # why, its result says
        if size > 0:
            yield row
        elif size < 0:
            return
        else:
            poll.poll()
            pgconn.consume_input()


def copy_ended(pgconn: PGconn) -> int:
    """How many rows there were. Raises psycopg's error where the COPY broke off."""
    result = pgconn.get_result()
    while result and pgconn.get_result():
        pass  # the connection is free again when none is left
    if result is None or result.status != ExecStatus.COMMAND_OK:
        raise error_from_result(result) if result else psycopg.OperationalError("the connection broke off")
    return result.command_tuples or 0


def joined(rows: Iterable[bytes | memoryview], least: int | None = None) -> Iterator[bytes]:
    """In pieces of about 64 kB, of whole rows: each piece costs the server more than the bytes in it."""
    least, parts, size = least or CHUNK, [], 0
    for row in rows:
        parts.append(row)
        size += len(row)
        if size >= least:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def inert_text(text: str) -> str:
    """The same for a cell that is written here."""
    return f"'{text}" if re.match(FORMULA_START, text) else text
