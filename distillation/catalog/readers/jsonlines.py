"""Formats of one JSON object a line."""

from collections.abc import Callable
from functools import partial

import orjson

from distillation.catalog.readers.lines import records_read
from distillation.catalog.readers.records import CatalogFormat, LeftOut, ProductRecord


def json_format(
    name: str, parse_item: Callable[[dict], ProductRecord | LeftOut], recognises: Callable[[dict], bool]
) -> CatalogFormat:
    def parse(line: bytes) -> ProductRecord | LeftOut:
        try:
            item = orjson.loads(line)
        except orjson.JSONDecodeError:
            return LeftOut(_why_no_json(line))
        return parse_item(item) if isinstance(item, dict) else LeftOut("not a JSON object")

    def recognises_line(line: bytes) -> bool:
        try:
            item = orjson.loads(line)
        except orjson.JSONDecodeError:
            return False
        return isinstance(item, dict) and recognises(item)

    return CatalogFormat(name, partial(records_read, parse=parse), recognises_line)


def _why_no_json(line: bytes) -> str:
    if not line.strip():
        return "a blank line"
    if b"\0" in line:
        return "a NUL byte"
    try:
        line.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    return "not JSON"
