"""Columns of very many rows as arrays of numbers: as tuples a million rows take seconds and a gigabyte."""

from collections.abc import Mapping, Sequence

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

HEAD = 20  # bytes of an array, as PostgreSQL sends it, before its first number; before each stand four for its length
TYPES = {"i8": "bigint", "f8": "float8"}


def number_columns(rows: QuerySet, **kinds: str) -> dict[str, NDArray]:
    """Fields and annotations of these names, each `i8` or `f8`; none may be null, and rows come in any order."""
    inner, values = rows.order_by().values(*kinds).query.sql_with_params()
    connection.ensure_connection()
    with connection.connection.cursor(binary=True) as cursor:
        cursor.execute(f"SELECT {sent_sql(kinds)} FROM ({inner}) x", values)  # noqa: S608 - of our own names
        return numbers_of(cursor.fetchone(), kinds)


def sent_sql(kinds: Mapping[str, str]) -> str:
    """SQL for columns of `x` as one array each."""
    return ", ".join(f'array_send(array_agg(x."{name}"::{TYPES[kind]}))' for name, kind in kinds.items())


def numbers_of(sent: Sequence[bytes | None], kinds: Mapping[str, str]) -> dict[str, NDArray]:
    """Nothing was sent for the array of no rows."""
    return {name: _numbers(column or b"", kind) for (name, kind), column in zip(kinds.items(), sent, strict=True)}


def _numbers(sent: bytes, kind: str) -> NDArray:
    return np.frombuffer(sent[HEAD:], dtype=[("size", ">i4"), ("number", f">{kind}")])["number"].astype(kind)
