"""Rows of statements of our own as objects. The ORM's way to read such takes three times as long, and judging asks for
five of them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def columns_sql(model: type[Model], alias: str) -> str:
    """All columns, in the order that `row_made` wants them."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


def row_read(model: type[Row], sql: str, values: Sequence[Any] | Mapping[str, Any]) -> Row | None:
    """The first row of a statement that gives `columns_sql`, or None."""
    found = row_beside(model, sql, values)
    return found and found[0]


def row_beside(
    model: type[Row], sql: str, values: Sequence[Any] | Mapping[str, Any]
) -> tuple[Row, tuple[Any, ...]] | None:
    """The first row of a statement that gives `columns_sql` and then more, and that beside it; or None."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchone()
    n = len(model._meta.concrete_fields)
    return None if found is None else (row_made(model, found[:n]), found[n:])


def row_made(model: type[Row], values: Sequence[Any]) -> Row:
    names, stored_otherwise = _fields(model)
    values = list(values)
    for place, convert in stored_otherwise:
        values[place] = convert(values[place], None, connection)
    return model.from_db(connection.alias, names, values)


@cache
def _fields(model: type[Model]) -> tuple[list[str], list[tuple[int, Any]]]:
    """Names, and what the ORM makes of those values that it does not take as they come: JSON."""
    fields = model._meta.concrete_fields
    converting = [(place, getattr(field, "from_db_value", None)) for place, field in enumerate(fields)]
    return [field.attname for field in fields], [each for each in converting if each[1]]
