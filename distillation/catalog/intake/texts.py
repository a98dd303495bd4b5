"""Records as rows to be staged, and what became of each line. Without Django, for a second process reads by it too."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.readers.cleaning import is_of_category
from distillation.catalog.readers.records import CatalogError, Chunk, CoBuyRecord, LeftOut, Position, ProductRecord

NULL = r"\N"
_CANDIDATE = re.compile(r"([A-Za-z0-9_-]{1,32})(?::[24])?")  # see `candidates_of`
_ASINS = re.compile(r"[A-Za-z0-9_-]{1,32}(?: [A-Za-z0-9_-]{1,32})*")


@dataclass
class Tally:
    """Of some lines."""

    account: CatalogAccount = field(default_factory=CatalogAccount)
    has_picture: bool = False


# Of a line's number and what its file's form gives, products or co-buys; "" where it is left out.
TextOf = Callable[[int, Any, Tally], str]


class Rows(NamedTuple):
    """What became of a chunk."""

    end: Position
    data: bytes
    n: int
    tally: Tally


def rows_of(chunk: Chunk, text_of: TextOf) -> Rows:
    tally = Tally()
    texts = [text for line, one in chunk.found if (text := text_of(line, one, tally))]
    return Rows(chunk.end, "".join(texts).encode(), len(texts), tally)


def place_of(file: int, line: int) -> int:
    """Orders the lines of all files by one number."""
    return file << 40 | line


def product_text(file: int, category: str) -> TextOf:
    return partial(_product_text, place_of(file, 0), category.casefold())


def _product_text(first: int, wanted: str, line: int, found: ProductRecord | LeftOut, tally: Tally) -> str:
    account = tally.account
    account.lines += 1
    if wanted and isinstance(found, ProductRecord) and not is_of_category(found, wanted):
        found = LeftOut("of another category", len(found.candidates))
    if isinstance(found, LeftOut):
        account.leave_out_line(found.reason)
        account.candidates += found.candidates
        account.leave_out_candidates("of a line left out", found.candidates)
        return ""
    asin, title, category, price, image, _, candidates, unreadable_price = found
    account.prices_unreadable += unreadable_price
    tally.has_picture = tally.has_picture or image.startswith("http")
    others = candidates_text(asin, candidates, account) if candidates else ""
    kept = f"{asin}\t{title}\t{category}\t{image}\t{others}".replace("\\", r"\\")
    return f"{first + line}\t{kept}\t{price or NULL}\n"


def candidates_text(own: str, raw: list, account: CatalogAccount) -> str:
    account.candidates += len(raw)
    try:
        others = dict.fromkeys(raw)
        text = " ".join(others)
    except TypeError:  # not all of them are texts
        return _candidates_chosen(own, raw, account)
    if len(others) < len(raw) or own in others or not _ASINS.fullmatch(text):
        return _candidates_chosen(own, raw, account)
    return text


def _candidates_chosen(own: str, raw: list, account: CatalogAccount) -> str:
    valid = [match for one in raw if isinstance(one, str) and (match := _CANDIDATE.fullmatch(one))]
    others = [match[0] for match in valid if match[1] != own]
    different = dict.fromkeys(others)
    account.leave_out_candidates("no ASIN", len(raw) - len(valid))
    account.leave_out_candidates("the product itself", len(valid) - len(others))
    account.leave_out_candidates("twice in one line", len(others) - len(different))
    return " ".join(different)


def cobuy_text(file: int, strict_name: str) -> TextOf:
    """With the file's name where a pair of a product with itself refuses it."""
    return partial(_cobuy_text, place_of(file, 0), strict_name)


def _cobuy_text(first: int, strict_name: str, line: int, pair: CoBuyRecord, tally: Tally) -> str:
    tally.account.candidates += 1
    if pair.asin_a == pair.asin_b:
        if strict_name:
            raise CatalogError(f"{strict_name}, line {line}: {pair.asin_a} is paired with itself; remove the row")
        tally.account.leave_out_candidates("the product itself")
        return ""
    return f"{first + line}\t{pair.asin_a}\t{pair.asin_b}\n"
