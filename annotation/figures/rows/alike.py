"""The items of a study, grouped by the database into rows that are alike."""

from collections.abc import Sequence

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.figures.rows.kept import Grouping, Row, kept_rows
from annotation.figures.rows.tallied import tallied, tallied_since
from annotation.figures.rows.together import Together
from annotation.models import Study
from annotation.selection import Selection

Columns = dict[str, NDArray]

# Booleans and the columns of the statistics item_patterns: with anything else to group by, the planner overestimates
# the groups and sorts all items. Seconds are read twice as fast as dates, and only the latest of them is wanted.
_ALIKE = "SELECT {expressions}, {counted} FROM ({items}) t WHERE {where} GROUP BY {places}"
_COUNTED = {
    "items": "count(*)",
    "wanted": "sum(t.overlap)::bigint",
    "finished": "count(*) FILTER (WHERE t.n_judged >= {enough})",
    "judged_at": "extract(epoch FROM max(t.judged_at))::float8",
}
# The same of items as they are now (sign 1) and as they were (sign -1).
_MOVED = {
    "items": "sum(t.sign)",
    "wanted": "sum(t.sign * t.overlap)::bigint",
    "finished": "coalesce(sum(t.sign) FILTER (WHERE t.n_judged >= {enough}), 0)",
    "judged_at": "extract(epoch FROM max(t.judged_at))::float8",
}


def rows_alike(
    study: Study, selection: Selection, expressions: dict[str, str], *, enough: str, keep: Together | None = None
) -> Columns:
    """The different values of the expressions over items `t`, sorted, and how many items have them; `enough` judgments
    finish one. With `keep` those kept of a large study are brought up to that.

    The expressions are SQL of our own, never of a request. Without a choice of judgments unjudged items are there too.
    """
    return _alike(study, selection, expressions, tuple(_COUNTED), "true", enough=enough, keep=keep)


def items_alike(
    study: Study, selection: Selection, where: str, *, keep: Together | None = None, **expressions: str
) -> Columns:
    """The same of some items, and of these only how many they are."""
    return _alike(study, selection, expressions, ("items",), where, keep=keep)


def _alike(
    study: Study, selection: Selection, expressions: dict[str, str], counted: Sequence[str], where: str,
    *, enough: str = "", keep: Together | None,
) -> Columns:  # fmt: skip
    def sql(items: str, counts: dict[str, str]) -> str:
        return _ALIKE.format(
            expressions=", ".join(f"{each} AS {name}" for name, each in expressions.items()),
            counted=", ".join(counts[name].format(enough=enough) + f" AS {name}" for name in counted),
            items=items,
            where=where,
            places=", ".join(str(place + 1) for place in range(len(expressions))),
        )

    inner, values = tallied(study, selection)
    whole = sql(inner, _COUNTED)
    if keep:
        since, since_values = tallied_since(study, selection)
        of = Grouping(len(expressions), whole, sql(since, _MOVED), values, since_values, latest="judged_at" in counted)
        rows: list[Row] = [key + counts for key, counts in kept_rows(study, of, keep).rows.items()]
    else:
        rows = _sorted(whole, values, len(expressions))
    names = (*expressions, *counted)
    return dict(zip(names, np.array(rows, dtype=object).reshape(len(rows), len(names)).T, strict=True))


def _sorted(sql: str, values: Row, keys: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY {', '.join(str(place + 1) for place in range(keys))}", values)
        return cursor.fetchall()
