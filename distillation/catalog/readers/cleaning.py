"""What shops write, made plain: titles, identifiers, prices, categories, picture addresses."""

import html
import re
from functools import lru_cache
from typing import TypeGuard

from common.text import visible
from distillation.catalog.readers.records import LeftOut, ProductRecord

_ASIN = re.compile(r"[A-Za-z0-9_-]{1,32}")
# Emphasis within a title is taken off; other markup is a piece of a page, and no title.
_EMPHASIS = re.compile(r"</?(?:b|br|em|i|small|strong|sub|sup|u)\s*/?>", re.IGNORECASE)
_TAGS = "a|b|br|div|em|font|h[1-6]|i|img|li|p|script|small|span|strong|style|sub|sup|table|td|tr|u|ul"
_MARKUP = re.compile(rf"</?(?:{_TAGS})(?:\s*/?>|\s[^<>]*=)", re.IGNORECASE)
# What no shop calls a product: calls and declarations of a page's program.
_SCRIPT = re.compile(
    r"\bfunction\s*\w*\([^)]*\)\s*\{|\bvar\s+[\w$]+\s*=|\.getTime\(|\bgetTime\(\)|\(document\)\.|\bdocument\.\w+\("
    r"|\bwindow\.\w+\s*[=(.]|\bP\.when\("
)
_SCRIPT_WORDS = ("function", "var ", "getTime", "document", "window", "P.when")  # without any, it need not be searched
# Amazon's stand-ins for a product that has no picture, and what other shops call theirs.
_PLACEHOLDER = re.compile(
    r"(?<![a-z])no[-_]?im(?:g|age)(?![a-z])|(?:image|img|photo|picture)[-_]?(?:not[-_]?|un)available|/common/transparent"
)
_PLACEHOLDER_WORDS = ("no-im", "no_im", "noim", "available", "transparent")
PLACEHOLDER = "placeholder://"  # in the place of a picture's address; no file and no address is called so
_SIZED = re.compile(r"\._[A-Za-z0-9_,-]+_(?=\.\w{3,4}$)")
_TAG = re.compile(r"<[^>]*>?")
_TAG_WORDS = re.compile(r"""<[^>]*\balt=["']([^"']*)["'][^>]*>""")
_AMOUNT = r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,10})(\.\d+)?"
_PRICE = re.compile(rf"{_AMOUNT}(?:\s*-\s*{_AMOUNT})?")
_PLAIN_PRICE = re.compile(r"\$([1-9]\d{0,8}\.\d\d)")  # as most are written
_NO_PRICE = ("None", "null", "NaN", "nan")  # as programs write that there is none
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
        return plain[1] if plain else "" if raw in _NO_PRICE else _price(raw)
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
    if "<" in title:
        title = visible(_EMPHASIS.sub("", title)) or title
    # All that follows is asked here first: a call costs as much, and most titles have none of it.
    if not title or "<" in title or "(" in title or "=" in title or len(title) > MAX_TITLE:
        problem = _title_problem(title)
        if problem:
            return LeftOut(problem, len(candidates))
    price = clean_price(price)
    return ProductRecord(
        asin, title, _first_category(categories), price or "", _first_url(images), categories, candidates, price is None
    )


def _title_problem(title: str) -> str:
    if not title:
        return "no title"
    if len(title) > MAX_TITLE:
        return f"a title of more than {MAX_TITLE:,} signs"
    if ("(" in title or "=" in title) and _any_in(title, _SCRIPT_WORDS) and _SCRIPT.search(title):
        return "a title that is a script"
    return "a title that is markup" if "<" in title and _MARKUP.search(title) else ""


def is_of_category(record: ProductRecord, wanted: str) -> bool:
    return any(clean_category(name).casefold() == wanted for name in record.categories if isinstance(name, str))


def _first_category(names: list[object]) -> str:
    for name in names:
        if isinstance(name, str) and (category := clean_category(name)):
            return category
    return ""


def clean_url(raw: object) -> str:
    """As a browser would ask for it: a scheme where none is named, blanks written out; empty where it is none."""
    if not isinstance(raw, str):
        return ""
    url = raw.strip().replace(" ", "%20")
    url = f"https:{url}" if url.startswith("//") else url
    return url if usable_url(url) else ""


def full_picture(url: object) -> object:
    """The address without Amazon's size modifier, which goes behind a #, for where the full picture is not there."""
    if not isinstance(url, str) or "amazon.com/" not in url:
        return url
    size = _SIZED.search(url)
    return f"{url[: size.start()]}{url[size.end() :]}#{size[0]}" if size else url


def picture_addresses(url: str) -> list[str]:
    """Where to look for the picture, the best first: the reverse of `full_picture`."""
    full, _, size = url.partition("#")
    if not size.startswith("._"):
        return [url]
    stem, dot, suffix = full.rpartition(".")
    return [full, f"{stem}{size}{dot}{suffix}"]


def _first_url(images: list[object]) -> str:
    instead = ""
    for image in images:
        if url := image if usable_url(image) else clean_url(image):
            if "/I/" in url or not is_placeholder(url):  # under /I/ Amazon keeps real ones
                return url
            instead = PLACEHOLDER
    return instead


def is_placeholder(url: str) -> bool:
    if "/I/" in url:  # where Amazon keeps real ones
        return False
    url = url.lower()
    return _any_in(url, _PLACEHOLDER_WORDS) and _PLACEHOLDER.search(url) is not None


def _any_in(text: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110 - a generator would take three times as long, for each title and address
        if word in text:
            return True
    return False
