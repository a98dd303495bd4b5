"""Amazon metadata of 2014: a Python literal a line, which is read as data and never run."""

import ast
import warnings
from functools import partial

import orjson

from distillation.catalog.readers.cleaning import product_cleaned
from distillation.catalog.readers.lines import records_read
from distillation.catalog.readers.records import CatalogFormat, LeftOut, ProductRecord, as_dict, as_list

# A literal's odd escapes and numbers concern nobody.
warnings.filterwarnings("ignore", module="<unknown>")
KEYS = {"imUrl", "related", "salesRank", "categories"}


def parse(line: bytes) -> ProductRecord | LeftOut:
    item = _literal(line)
    if isinstance(item, LeftOut):
        return item
    if not isinstance(item, dict):
        return LeftOut("not a dict")
    return parse_item(item)


def parse_item(item: dict) -> ProductRecord | LeftOut:
    return product_cleaned(
        asin=item.get("asin"),
        title=item.get("title"),
        categories=[name for path in as_list(item.get("categories")) for name in as_list(path)],
        price=item.get("price"),
        images=[item.get("imUrl")],
        candidates=as_list(as_dict(item.get("related")).get("also_bought")),
    )


def _literal(line: bytes) -> object:
    try:
        return ast.literal_eval(line.decode().strip())
    except ValueError as error:  # also raised by decode()
        return LeftOut("not UTF-8" if isinstance(error, UnicodeDecodeError) else "a literal that is code")
    except SyntaxError:
        return LeftOut(_why_no_literal(line))
    except (MemoryError, RecursionError, TypeError):  # nested too deep; a list as a key
        return LeftOut("a literal that cannot be built")


def _why_no_literal(line: bytes) -> str:
    if b"\0" in line:
        return "a NUL byte"
    return "not a Python literal" if line.strip() else "a blank line"


def recognises(line: bytes) -> bool:
    item = _literal(line)
    if not isinstance(item, dict) or "asin" not in item or "reviewerID" in item:
        return False
    return bool(KEYS & item.keys()) or not _is_json(line)


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


AMAZON_2014 = CatalogFormat("amazon-2014", partial(records_read, parse=parse), recognises)
