"""What every reader of a catalog format yields, and how it refuses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


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
    """What some lines hold, each with the number of the line it begins on, and where reading goes on behind them."""

    end: Position
    found: list[tuple[int, Found]]


def as_list(value: object) -> list:
    return value if type(value) is list else []


def as_dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class CatalogFormat:
    name: str
    read: Callable[[Path, Position], Iterator[Chunk]]
    recognises: Callable[[bytes], bool]
    is_strict: bool = False  # contradictions and unknown products refuse the import instead of being left out
