"""CSV of ours as other programs have saved it again: with semicolons, an index, blank rows, nothing written as NA."""

import csv
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from annotation.exchange.exports.rows import FREE_TEXT, REALS
from annotation.exchange.files.cells import KNOWN, ImportRefused, columns_check

Row = tuple[int, dict[str, str]]
DELIMITERS = (",", ";", "\t")
# What pandas, R and readr call the column of row numbers that they put first.
INDEX = frozenset(("", "Unnamed: 0", "index", "X", "...1", "rownames"))
NOTHING = frozenset(("NA", "NaN", "nan", "<NA>", "NULL", "None"))


class Header(NamedTuple):
    names: list[str]
    places: list[int]  # of the columns that count
    nameless: list[int]  # behind them, where spreadsheets leave blank cells


def rows_read(lines: Iterator[str]) -> Iterator[Row]:
    """With the number of the line that each ends on."""
    delimiter, lines, before = _begun(lines)
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    try:
        names = next(reader, [])
        header = _header(names)
        is_whole = len(header.places) == len(names)
        mended = [place for place in header.places if names[place] not in FREE_TEXT]
        reals = [place for place in header.places if names[place] in REALS] if delimiter != "," else []
        for cells in reader:
            if not any(map(str.strip, cells)):
                continue
            number = reader.line_num + before
            if len(cells) != len(names):
                raise ImportRefused(f"line {number} has {len(cells)} cells, the header {len(names)}")
            if header.nameless and any(cells[place].strip() for place in header.nameless):
                raise ImportRefused(
                    f"line {number} has a cell in a column without a name; take it out, or name the column"
                )
            if not NOTHING.isdisjoint(cells):
                _emptied(cells, mended)
            for place in reals:
                cells[place] = cells[place].replace(",", ".")
            chosen = cells if is_whole else [cells[place] for place in header.places]
            yield number, dict(zip(header.names, chosen, strict=True))
    except csv.Error as error:
        raise ImportRefused(f"line {reader.line_num + before} is no CSV ({error})") from error


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
    return Header(chosen, places, [place for place in range(first, len(names)) if not names[place]])


def _emptied(cells: list[str], places: list[int]) -> None:
    """In texts it may be what somebody wrote."""
    for place in places:
        if cells[place] in NOTHING:
            cells[place] = ""
