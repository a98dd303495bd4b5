"""What every reader of a catalog format yields, and how it refuses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

# What a file may say of products bought together, each a bit: a pair may be named in several.
COBUY_FIELDS = {"also_bought": 1, "bought_together": 2, "buy_after_viewing": 4}
Fields = tuple[str, ...]
DEFAULT_FIELDS: Fields = ("also_bought",)

Names = Mapping[str, str]  # what columns are called in a file, in lower case: what they are to be read as; "": not
AS_NAMED: Names = {}


class CatalogError(Exception):
    """Input that cannot be imported: one line that says what, where, and what to do."""


class Position(NamedTuple):
    """Behind a line: how many lines and unpacked bytes lie before it."""

    line: int = 0
    offset: int = 0


START = Position()


class ProductRecord(NamedTuple):
    asin: str
    title: str
    category: str
    price: str
    image: str
    categories: list[object]
    candidates: list[object]
    unreadable_price: bool = False


class CoBuyRecord(NamedTuple):
    asin_a: str
    asin_b: str


class LeftOut(NamedTuple):
    reason: str
    candidates: int = 0


Found = ProductRecord | CoBuyRecord | LeftOut


class Chunk(NamedTuple):
    """Some lines, each with the number of the line it begins on, and where reading goes on behind them.

    Parsed when asked for, and by whom it is given to: `parse` is a function of a module, or a partial of one."""

    end: Position
    numbers: Sequence[int]
    lines: list[Any]  # as the format's reader cuts them
    parse: Callable[[int, Any], Found]

    @property
    def found(self) -> Iterator[tuple[int, Found]]:
        return zip(self.numbers, map(self.parse, self.numbers, self.lines), strict=True)


def as_list(value: object) -> list:
    return value if type(value) is list else []


def candidates_of(lists: Mapping[str, object], fields: Fields) -> list:
    """Of the fields that are asked for; behind an ASIN of another than `also_bought` stands a colon and its bit."""
    if fields == DEFAULT_FIELDS:
        return as_list(lists.get("also_bought"))
    return [_marked(one, field) for field in fields for one in as_list(lists.get(field))]


def _marked(one: object, field: str) -> object:
    return f"{one}:{COBUY_FIELDS[field]}" if isinstance(one, str) and field not in DEFAULT_FIELDS else one


def as_dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


class Read(Protocol):
    def __call__(self, path: Path, start: Position = START, fields: Fields = DEFAULT_FIELDS) -> Iterator[Chunk]: ...


@dataclass(frozen=True)
class CatalogFormat:
    name: str
    read: Read
    recognises: Callable[[bytes], bool]
    fields: Fields = ()  # of COBUY_FIELDS, those that its files have
    is_strict: bool = False  # contradictions and unknown products refuse the import instead of being left out
