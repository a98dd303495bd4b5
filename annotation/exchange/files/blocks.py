"""Rows of a file in blocks, by columns: what is done to a column at once takes half the time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

SIZE = 200  # rows; of the longest lines as many megabytes
Cells = dict[str, Any]
Numbered = Iterator[tuple[int, Cells]]
Row = TypeVar("Row")


class Block(NamedTuple):
    """Rows that have the same columns, and their numbers in the file."""

    numbers: Sequence[int]
    columns: dict[str, Sequence[Any]]

    def rows(self) -> Numbered:
        for number, *cells in zip(self.numbers, *self.columns.values(), strict=True):
            yield number, dict(zip(self.columns, cells, strict=True))

    def each(self) -> Iterator["Block"]:
        for number, cells in self.rows():
            yield Block([number], {name: [cell] for name, cell in cells.items()})


class Recalled(dict):
    """What was made of a value; of one that comes again, as many do, it is not made again."""

    def __init__(self, convert: Callable[[Any], object]) -> None:
        self.convert = convert

    def __missing__(self, value: object) -> object:
        made = self[value] = self.convert(value)
        return made


def gathered(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[list[int], list[Row]]]:
    """What can't be read is refused after the rows before it, which may be refused themselves."""
    numbers: list[int] = []
    held: list[Row] = []
    try:
        for number, row in rows:
            numbers.append(number)
            held.append(row)
            if len(held) == SIZE:
                yield numbers, held
                numbers, held = [], []
    except Exception:
        if held:
            yield numbers, held
        raise
    if held:
        yield numbers, held


def blocks_of(rows: Iterable[tuple[int, Cells]]) -> Iterator[Block]:
    for numbers, held in gathered(rows):
        for names, alike in groupby(zip(numbers, held, strict=True), key=lambda row: row[1].keys()):
            of_each, cells = zip(*alike, strict=True)
            yield Block(of_each, {name: list(map(itemgetter(name), cells)) for name in names})


def rows_of(blocks: Iterable[Block]) -> Numbered:
    for block in blocks:
        yield from block.rows()
