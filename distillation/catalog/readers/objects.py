"""JSON that is not one object a line: an array, or objects spread over several lines; cut into objects on the way."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from distillation.catalog.readers.lines import MAX_LINE, TOO_LONG, Lines
from distillation.catalog.readers.records import DEFAULT_FIELDS, START, CatalogError, Chunk, Fields, Found, Position

# Of a file's beginning: an array of objects, or an object whose brace stands alone on its line.
_NOT_BY_LINES = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*\{\s*"|\{[ \t]*\r?[\r\n]\s*")')
# Up to a brace, over all strings that are whole; a quotation mark then is that of one which goes on in the next block.
_UP_TO_BRACE = re.compile(
    rb'[^"{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}]*+)*+(?:(?P<open>\{)|(?P<close>\})|"|\Z)', re.DOTALL
)
_BETWEEN = b" \t\r\n,[]\xef\xbb\xbf"


class Objects(Lines):
    """As lists of objects; where lines are counted, these are. What is left of a file that was cut short comes last."""

    unit = "object"

    def __iter__(self) -> Iterator[list[bytes]]:
        number, offset = self.end
        held = b""
        for block in self.blocks():
            found, used = _cut(held + block)
            held = (held + block)[used:]
            number, offset = number + len(found), offset + used
            if len(held) > MAX_LINE:
                raise CatalogError(
                    f"{self.path.name}, object {number + 1:,}: more than {MAX_LINE:,} bytes; write the file anew with "
                    f"jq -c '.[]' {self.path.name}"
                )
            if found:
                self.end = Position(number, offset)
                yield found
        if held.strip(_BETWEEN):
            self.end = Position(number + 1, offset + len(held))
            yield [held]


def _cut(data: bytes) -> tuple[list[bytes], int]:
    """The objects that are whole, and the bytes up to behind the last."""
    found, depth, begins, used = [], 0, 0, 0
    for run in _UP_TO_BRACE.finditer(data):
        match run.lastgroup:
            case "open":
                begins = begins if depth else run.end() - 1
                depth += 1
            case "close" if depth:
                depth -= 1
                if not depth:
                    used = run.end()
                    found.append(data[begins:used])
            case None:
                break
    return found, used


def lines_of(path: Path, start: Position = START) -> Lines:
    """A record each, as the file has them."""
    return (Objects if _NOT_BY_LINES.match(next(Lines(path).blocks(), b"")) else Lines)(path, start)


def records_read(
    path: Path, start: Position, fields: Fields = DEFAULT_FIELDS, *, parse: Callable[[bytes, Fields], Found]
) -> Iterator[Chunk]:
    """For formats of a record a line, or an object."""
    lines = lines_of(path, start)
    for block in lines:
        behind = lines.end.line + 1
        yield Chunk(lines.end, range(behind - len(block), behind), block, partial(_parsed, parse, fields))


def _parsed(parse: Callable[[bytes, Fields], Found], fields: Fields, number: int, line: bytes) -> Found:
    return parse(line, fields) if len(line) <= MAX_LINE else TOO_LONG
