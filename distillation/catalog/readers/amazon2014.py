"""Amazon metadata of 2014: a Python literal a line, which is read as data and never run."""

import ast
import warnings
from contextlib import suppress
from functools import partial
from math import inf, nan

import orjson

from distillation.catalog.readers.cleaning import product_cleaned
from distillation.catalog.readers.jsonlines import loads
from distillation.catalog.readers.objects import records_read
from distillation.catalog.readers.records import (
    COBUY_FIELDS,
    CatalogFormat,
    Fields,
    LeftOut,
    ProductRecord,
    as_dict,
    as_list,
    candidates_of,
)

# A literal's odd escapes and numbers concern nobody.
warnings.filterwarnings("ignore", module="<unknown>")
KEYS = {"imUrl", "related", "salesRank", "categories"}


def parse(line: bytes, fields: Fields) -> ProductRecord | LeftOut:
    item = _literal(line)
    if isinstance(item, LeftOut):
        return item
    if not isinstance(item, dict):
        return LeftOut("not a dict")
    return parse_item(item, fields)


def parse_item(item: dict, fields: Fields) -> ProductRecord | LeftOut:
    return product_cleaned(
        asin=item.get("asin"),
        title=item.get("title"),
        categories=[name for path in as_list(item.get("categories")) for name in as_list(path)],
        price=item.get("price"),
        images=[item.get("imUrl")],
        candidates=candidates_of(as_dict(item.get("related")), fields),
    )


class _Named(ast.NodeTransformer):
    """Names that other languages have for values which Python calls otherwise."""

    VALUES = {"null": None, "nan": nan, "NaN": nan, "inf": inf, "Infinity": inf, "true": True, "false": False}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(self.VALUES[node.id]) if node.id in self.VALUES else node


_NAMED = _Named()


def _literal(line: bytes) -> object:
    if line.lstrip().startswith(b'{"'):  # some lines were mended into JSON, whose escapes mean something else
        with suppress(ValueError):
            return loads(line)
    try:
        return ast.literal_eval(_NAMED.visit(ast.parse(line.decode().strip(), mode="eval")))
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


AMAZON_2014 = CatalogFormat("amazon-2014", partial(records_read, parse=parse), recognises, tuple(COBUY_FIELDS))
