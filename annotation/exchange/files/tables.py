"""CSV of ours as other programs have saved it again: with semicolons, an index, blank rows, nothing written as NA."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from annotation.exchange.exports.rows import FREE_TEXT, REALS
from annotation.exchange.files.blocks import Block, gathered
from annotation.exchange.files.cells import KNOWN, ImportRefused, columns_check

Row = tuple[int, list[str]]
DELIMITERS = (",", ";", "\t")
# What pandas, R and readr call the column of row numbers that they put first.
INDEX = frozenset(("", "Unnamed: 0", "index", "X", "...1", "rownames"))
NOTHING = frozenset(("NA", "NaN", "nan", "<NA>", "NULL", "None"))


class Header(NamedTuple):
    names: list[str]
    places: list[int]  # of the columns that count
    nameless: list[int]  # behind them, where spreadsheets leave blank cells
    width: int

    def columns(self, rows: list[list[str]]) -> dict[str, Sequence[str]]:
        columns = list(zip(*rows, strict=True))
        return {name: columns[place] for name, place in zip(self.names, self.places, strict=True)}


def blocks_read(lines: Iterator[str]) -> Iterator[Block]:
    """A row has the number of the line that it ends on."""
    delimiter, lines, before = _begun(lines)
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    try:
        header = _header(next(reader, []))
        numbered = ((reader.line_num + before, cells) for cells in reader)
        for numbers, rows in gathered(_whole(numbered, header)):
            columns = header.columns(rows)
            _mend(columns, decimal_comma=delimiter != ",")
            yield Block(numbers, columns)
    except csv.Error as error:
        raise ImportRefused(f"line {reader.line_num + before} is no CSV ({error})") from error


def _whole(rows: Iterable[Row], header: Header) -> Iterator[Row]:
    """Those that are not blank; none may be shorter or longer than the header."""
    for number, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if len(cells) != header.width:
            raise ImportRefused(f"line {number} has {len(cells)} cells, the header {header.width}")
        if header.nameless and any(cells[place].strip() for place in header.nameless):
            raise ImportRefused(f"line {number} has a cell in a column without a name; take it out, or name the column")
        yield number, cells


def _mend(columns: dict[str, Sequence[str]], *, decimal_comma: bool) -> None:
    """Of texts nothing: there it may be what somebody wrote."""
    for name in columns.keys() - FREE_TEXT:
        if not NOTHING.isdisjoint(columns[name]):
            columns[name] = ["" if cell in NOTHING else cell for cell in columns[name]]
        if decimal_comma and name in REALS:
            columns[name] = [cell.replace(",", ".") for cell in columns[name]]


def _begun(lines: Iterator[str]) -> tuple[str, Iterator[str], int]:
    """The delimiter by the header's names, the lines from the header on, and how many came before it."""
    before = 0
    for line in lines:
        if len(line) < 8 and line.lower().startswith("sep="):  # Excel's hint to itself
            before += 1
        elif line.strip(",;\t \r\n"):
            known = {each: _known(line, each) for each in DELIMITERS}
            return max(known, key=known.__getitem__), chain([line], lines), before
        else:
            before += 1
    return ",", iter(()), before


def _known(line: str, delimiter: str) -> int:
    return len(KNOWN.intersection(name.strip('" \r\n') for name in line.split(delimiter)))


def _header(names: list[str]) -> Header:
    names[:] = [name.strip() for name in names]
    first = 1 if names and names[0] in INDEX else 0
    places = [place for place, name in enumerate(names) if name and place >= first]
    chosen = [names[place] for place in places]
    columns_check(chosen)
    return Header(chosen, places, [place for place in range(first, len(names)) if not names[place]], len(names))
