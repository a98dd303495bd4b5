"""What every reader of a catalog format yields, and how it refuses."""

from typing import NamedTuple


class CatalogError(Exception):
    """Input that cannot be imported: one line that says what, where, and what to do."""


class ProductRecord(NamedTuple):
    source: str
    line: int
    asin: str
    title: str
    category: str
    image: str


class CoBuyRecord(NamedTuple):
    source: str
    line: int
    asin_a: str
    asin_b: str
