"""What shops write, made plain: titles, identifiers, prices, categories, picture addresses."""

import html
import re
from functools import lru_cache
from typing import TypeGuard

from common.text import visible
from distillation.catalog.readers.records import LeftOut, ProductRecord

_ASIN = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TAGS = "a|b|br|div|em|font|h[1-6]|i|img|li|p|script|small|span|strong|style|sub|sup|table|td|tr|u|ul"
_MARKUP = re.compile(rf"</?(?:{_TAGS})(?:\s*/?>|\s[^<>]*=)|\bgetTime\(\)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>?")
_TAG_WORDS = re.compile(r"""<[^>]*\balt=["']([^"']*)["'][^>]*>""")
_AMOUNT = r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,10})(\.\d+)?"
_PRICE = re.compile(rf"{_AMOUNT}(?:\s*-\s*{_AMOUNT})?")
_PLAIN_PRICE = re.compile(r"\$([1-9]\d{0,8}\.\d\d)")  # as most are written
MAX_PRICE = 10**9
MAX_URL = 2000
MAX_TITLE = 10_000  # far from where the database can't index its words any more


def clean_text(raw: str) -> str:
    """Entities decoded (shops encode some twice), invisible signs dropped, white space folded."""
    if "&" in raw:
        raw = html.unescape(html.unescape(raw))
    if raw.isascii() and raw.isprintable() and "  " not in raw and raw[:1] != " " and raw[-1:] != " ":
        return raw  # as most are, in a fifth of the time
    return visible(raw)


def is_asin(text: str) -> bool:
    """Amazon's have 9 or 10 capitals and digits; other shops' identifiers are welcome up to 32 signs."""
    return _ASIN.fullmatch(text) is not None


def clean_price(raw: object) -> str | None:
    """Dollars and cents; of a range the lower end; empty where none is given, None where it is unreadable."""
    if raw is None:
        return ""
    if isinstance(raw, str):
        plain = _PLAIN_PRICE.fullmatch(raw)
        return plain[1] if plain else _price(raw)
    return _price(str(raw)) if type(raw) in (int, float) else None


@lru_cache(10_000)
def _price(text: str) -> str | None:
    match = _PRICE.fullmatch(text.strip())
    if match is None:
        return "" if not text.strip() else None
    whole, cents, other_whole, other_cents = match.groups(default="")
    amounts = [float(whole.replace(",", "") + cents)]
    if other_whole:
        amounts.append(float(other_whole.replace(",", "") + other_cents))
    return f"{min(amounts):.2f}" if max(amounts) < MAX_PRICE else None


@lru_cache(10_000)
def clean_category(raw: str) -> str:
    """A main category may be a picture with the name beside it."""
    return clean_text(_TAG.sub("", _TAG_WORDS.sub(r"\1", raw)))[:200]


def usable_url(raw: object) -> TypeGuard[str]:
    return (
        isinstance(raw, str)
        and raw.startswith(("https://", "http://"))
        and len(raw) <= MAX_URL
        and raw.isprintable()
        and " " not in raw
    )


def product_cleaned(
    *, asin: object, title: object, categories: list, price: object, images: list, candidates: list
) -> ProductRecord | LeftOut:
    """Of the parts of a line that a catalog keeps, as the format has them: each may be of any type."""
    if not isinstance(asin, str) or not asin:
        return LeftOut("no ASIN", len(candidates))
    if not is_asin(asin):
        return LeftOut("an ASIN of other signs than letters, digits, hyphens and underscores", len(candidates))
    title = clean_text(title) if isinstance(title, str) else ""
    if not title:
        return LeftOut("no title", len(candidates))
    if len(title) > MAX_TITLE:
        return LeftOut(f"a title of more than {MAX_TITLE:,} signs", len(candidates))
    if ("<" in title or "getTime" in title) and _MARKUP.search(title):
        return LeftOut("a title that is markup", len(candidates))
    price = clean_price(price)
    return ProductRecord(
        asin, title, _first_category(categories), price or "", _first_url(images), categories, candidates, price is None
    )


def is_of_category(record: ProductRecord, wanted: str) -> bool:
    return any(clean_category(name).casefold() == wanted for name in record.categories if isinstance(name, str))


def _first_category(names: list[object]) -> str:
    for name in names:
        if isinstance(name, str) and (category := clean_category(name)):
            return category
    return ""


def _first_url(images: list[object]) -> str:
    for image in images:
        if usable_url(image):
            return image
    return ""
