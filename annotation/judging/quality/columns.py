"""Columns of very many rows as arrays of numbers: as tuples a million rows take seconds and a gigabyte."""

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

HEAD = 20  # bytes of an array, as PostgreSQL sends it, before its first number; before each stand four for its length
TYPES = {"i8": "bigint", "f8": "float8"}


def number_columns(rows: QuerySet, **kinds: str) -> dict[str, NDArray]:
    """Fields and annotations of these names, each `i8` or `f8`; none may be null, and rows come in any order."""
    inner, values = rows.order_by().values(*kinds).query.sql_with_params()
    cells = ", ".join(f'array_send(array_agg(x."{name}"::{TYPES[kind]}))' for name, kind in kinds.items())
    connection.ensure_connection()
    with connection.connection.cursor(binary=True) as cursor:
        cursor.execute(f"SELECT {cells} FROM ({inner}) x", values)  # noqa: S608 - of our own names
        sent = cursor.fetchone()
    return {name: _numbers(column or b"", kind) for (name, kind), column in zip(kinds.items(), sent, strict=True)}


def _numbers(sent: bytes, kind: str) -> NDArray:
    """Of one array, nothing for that of no rows."""
    return np.frombuffer(sent[HEAD:], dtype=[("size", ">i4"), ("number", f">{kind}")])["number"].astype(kind)
