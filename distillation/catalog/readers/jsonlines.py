"""Formats of one JSON object a line."""

import json
from collections.abc import Callable
from functools import partial

import orjson

from distillation.catalog.readers.objects import records_read
from distillation.catalog.readers.records import CatalogFormat, Fields, LeftOut, ProductRecord

ParseItem = Callable[[dict, Fields], ProductRecord | LeftOut]


def json_format(
    name: str,
    parse_item: ParseItem,
    recognises: Callable[[dict], bool],
    fields: Fields,
) -> CatalogFormat:
    def recognises_line(line: bytes) -> bool:
        try:
            item = loads(line)
        except ValueError:
            return False
        return isinstance(item, dict) and recognises(item)

    read = partial(records_read, parse=partial(_parse, parse_item))  # not a function within this one: it is pickled
    return CatalogFormat(name, read, recognises_line, fields)


def _parse(parse_item: ParseItem, line: bytes, fields: Fields) -> ProductRecord | LeftOut:
    try:
        item = orjson.loads(line)  # nearly all
    except orjson.JSONDecodeError:
        try:
            item = loads(line)
        except ValueError:
            return LeftOut(_why_no_json(line))
    return parse_item(item, fields) if isinstance(item, dict) else LeftOut("not a JSON object")


def loads(line: bytes) -> object:
    """JSON, and what Python's own writer makes of numbers that are none; raises ValueError."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        if b"NaN" not in line and b"Infinity" not in line:
            raise
    try:
        return json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


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
