"""Files that say who bought what when: Amazon's reviews of three releases, ratings alone, and a shop's own CSV."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from distillation.catalog.readers.cleaning import is_asin
from distillation.catalog.readers.csvtable import Table, refusal
from distillation.catalog.readers.jsonlines import loads
from distillation.catalog.readers.lines import MAX_LINE, TOO_LONG, Lines
from distillation.catalog.readers.records import AS_NAMED, CatalogError, Names, Position
from distillation.purchases.times import seconds_of, why_not

CHUNK = 500
HEAD = 20
UNVERIFIED = "a review that is not of a verified purchase"
NO_BUYER, NO_PRODUCT = "no reviewer", "no product"


class Bought(NamedTuple):
    """`buyer` as the file names it, a letter for its kind first."""

    buyer: str
    asin: str
    at: int  # seconds since 1970


class Chunk(NamedTuple):
    """Of some lines: what was bought, or why a line is left out; and where reading goes on behind them."""

    end: Position
    lines: list[list[Bought] | str]


@dataclass(frozen=True, slots=True)
class Options:
    verified_only: bool = False
    now: float = 0.0


Parse = Callable[[Mapping[str, object], Options], list[Bought] | str]


@dataclass(frozen=True, slots=True)
class PurchaseFormat:
    name: str
    marks: tuple[frozenset[str], ...]  # any set of fields that tells it from the others
    parse: Parse
    without: frozenset[str] = frozenset()

    def knows(self, fields: frozenset[str]) -> bool:
        return any(mark <= fields for mark in self.marks) and not self.without & fields


def _review(buyer: str, product: str, at: str, verified: str) -> Parse:
    def parse(item: Mapping[str, object], options: Options) -> list[Bought] | str:
        if options.verified_only and item.get(verified) is not True:
            return UNVERIFIED
        who, asin, seconds = item.get(buyer), item.get(product), seconds_of(item.get(at))
        if not isinstance(who, str) or not who.strip():
            return NO_BUYER
        if not isinstance(asin, str) or not is_asin(asin.strip()):
            return NO_PRODUCT
        return why_not(seconds, options.now) or [Bought(f"c{who.strip()}", asin.strip(), seconds or 0)]

    return parse


def _own(row: Mapping[str, object], options: Options) -> list[Bought] | str:
    """Of a shop, or co-buys with dates: each such pair is a basket of its own."""
    seconds = seconds_of(row.get("time"))
    if seconds is None:
        raise ValueError(f'"{str(row.get("time"))[:40]}" is no time; write 2018-09-01, with a time of day or without')
    asins = [str(row[name]).strip() for name in ("product", "asin", "asin_a", "asin_b") if row.get(name)]
    if bad := [asin for asin in asins if not is_asin(asin)]:
        raise ValueError(f'"{bad[0][:40]}" is no product; use 1 to 32 letters, digits, hyphens or underscores')
    customer, basket = (str(row.get(name) or "").strip() for name in ("customer", "basket"))
    if "asin_a" in row:
        buyer = f"p{' '.join(sorted(asins))} {seconds}"
    elif not customer and not basket:
        raise ValueError("neither a customer nor a basket; fill one in or remove the row")
    else:
        buyer = f"c{customer}" if customer else f"b{basket}"
    if not asins:
        raise ValueError("no product; fill it in or remove the row")
    return why_not(seconds, options.now) or [Bought(buyer, asin, seconds) for asin in asins]


_OLD = _review("reviewerID", "asin", "unixReviewTime", "verified")
AMAZON = (
    PurchaseFormat("amazon-2014", (frozenset({"reviewerID", "asin", "helpful"}),), _OLD),
    PurchaseFormat("amazon-2018", (frozenset({"reviewerID", "asin"}),), _OLD, frozenset({"helpful"})),
    PurchaseFormat(
        "amazon-2023",
        (frozenset({"user_id", "parent_asin"}),),
        _review("user_id", "parent_asin", "timestamp", "verified_purchase"),
    ),
)
OWN = PurchaseFormat(
    "csv",
    (
        frozenset({"customer", "product", "time"}),
        frozenset({"basket", "product", "time"}),
        frozenset({"customer", "asin", "time"}),
        frozenset({"basket", "asin", "time"}),
        frozenset({"asin_a", "asin_b", "time"}),
    ),
    _own,
)
REVIEWS = {form.name: form for form in AMAZON}


def format_recognised(path: Path, wanted: str = "auto") -> PurchaseFormat:
    """By the first lines: one that a format knows is enough, for the others may be damaged."""
    head = list(islice(chain.from_iterable(Lines(path)), HEAD))
    if not head:
        raise CatalogError(f"{path.name}: the file is empty; give a file of reviews")
    fields = [each for line in head if (each := _fields(line))] or [frozenset(Table(path).header())]
    for form in AMAZON:
        if any(map(form.knows, fields)):
            if wanted not in ("auto", form.name):
                raise CatalogError(f"{path.name} looks like {form.name}, not {wanted}: give --format {form.name}")
            return form
    if any({"asin", "title"} <= each or {"parent_asin", "title", "store"} <= each for each in fields):
        raise CatalogError(f"{path.name} looks like product metadata; give the file of reviews, or use import_catalog")
    raise CatalogError(
        f"{path.name}: no reviewer and product in its first lines; reviews of Amazon have reviewerID and asin, or "
        "user_id and parent_asin; for a shop's own purchases use import_purchases"
    )


def purchases_read(
    path: Path, form: PurchaseFormat, start: Position, options: Options, names: Names = AS_NAMED
) -> Iterator[Chunk]:
    first = next(chain.from_iterable(Lines(path)), b"")
    is_json = first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") and form is not OWN
    return _of_json(path, form, start, options) if is_json else _of_csv(path, form, start, options, names)


def _of_json(path: Path, form: PurchaseFormat, start: Position, options: Options) -> Iterator[Chunk]:
    def parsed(line: bytes) -> list[Bought] | str:
        if len(line) > MAX_LINE:
            return TOO_LONG.reason
        try:
            item = loads(line)
        except ValueError:
            return "not JSON" if line.strip() else "a blank line"
        return form.parse(item, options) if isinstance(item, dict) else "not a JSON object"

    lines = Lines(path, start)
    for block in lines:
        yield Chunk(lines.end, [parsed(line) for line in block])


def _of_csv(path: Path, form: PurchaseFormat, start: Position, options: Options, names: Names) -> Iterator[Chunk]:
    header = Table(path).header(names)
    if not form.knows(frozenset(header)):
        raise CatalogError(
            f"{path.name}, line 1: no columns customer (or basket), product, time, nor asin_a, asin_b, time "
            f"(there: {', '.join(header)[:200]}); name them there"
        )

    def parsed(line: int, cells: list[str]) -> list[Bought] | str:
        if not any(cell.strip() for cell in cells):
            return "a blank line"
        if len(cells) != len(header):
            if form is OWN:
                raise refusal(path, line, f"the header has {len(header)} cells, this row {len(cells)}; mend the row")
            return "a row with more or fewer cells than the header"
        try:
            return form.parse(dict(zip(header, cells, strict=True)), options)
        except ValueError as error:
            raise refusal(path, line, str(error)) from error

    table = Table(path)
    next(table.rows())
    table = Table(path, max(start, table.end))
    rows = table.rows()
    while chunk := list(islice(rows, CHUNK)):
        yield Chunk(table.end, [parsed(line, cells) for line, cells in chunk])


def _fields(line: bytes) -> frozenset[str] | None:
    try:
        item = loads(line.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return None
    return frozenset(map(str, item)) if isinstance(item, dict) else None
