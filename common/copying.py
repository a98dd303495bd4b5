"""Output of COPY for downloads: cells that no spreadsheet runs, rows joined into pieces."""

import re
from collections.abc import Iterable, Iterator

CHUNK = 64 * 1024  # bytes

# A spreadsheet runs a cell that begins so; an apostrophe keeps it text. One that is there already gets another, so that
# readers can take one away.
FORMULA_START = r"^\x27*[=+\-@\t\r]"


def inert(expression: str) -> str:
    # All that begins a formula sorts before A; few texts do, and the expression is asked of these only.
    begins = f"{expression} < 'A' COLLATE \"C\" AND {expression} ~ '{FORMULA_START}'"
    return f"CASE WHEN {begins} THEN '''' || {expression} ELSE {expression} END"


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
