"""The items of a study, grouped by the database into rows that are alike."""

from typing import NamedTuple

from django.db import connection
from numpy.typing import NDArray

from annotation.figures.rows.kept import Grouping, Row, columns_of, kept_rows
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


class _Asked(NamedTuple):
    """Of items where `where` holds the values of `expressions`, and how many have them by `counted`."""

    selection: Selection
    expressions: tuple[tuple[str, str], ...]
    counted: tuple[str, ...]
    where: str
    enough: str = ""

    def sql(self, items: str, counts: dict[str, str]) -> str:
        return _ALIKE.format(
            expressions=", ".join(f"{each} AS {name}" for name, each in self.expressions),
            counted=", ".join(counts[name].format(enough=self.enough) + f" AS {name}" for name in self.counted),
            items=items,
            where=self.where,
            places=", ".join(str(place + 1) for place in range(len(self.expressions))),
        )

    def whole(self, study: Study) -> tuple[str, Row]:
        items, values = tallied(study, self.selection)
        return self.sql(items, _COUNTED), values

    def grouping(self, study: Study) -> Grouping:
        (whole, values), (since, of_since) = self.whole(study), tallied_since(study, self.selection)
        latest = "judged_at" in self.counted
        return Grouping(len(self.expressions), whole, self.sql(since, _MOVED), values, of_since, latest)


def rows_alike(
    study: Study, selection: Selection, expressions: dict[str, str], *, enough: str, keep: Together | None = None
) -> Columns:
    """The different values of the expressions over items `t`, sorted, and how many items have them; `enough` judgments
    finish one. With `keep` those kept of a large study are brought up to that.

    The expressions are SQL of our own, never of a request. Without a choice of judgments unjudged items are there too.
    """
    return _alike(study, _Asked(selection, tuple(expressions.items()), tuple(_COUNTED), "true", enough), keep)


def items_alike(
    study: Study, selection: Selection, where: str, *, keep: Together | None = None, **expressions: str
) -> Columns:
    """The same of some items, and of these only how many they are."""
    return _alike(study, _Asked(selection, tuple(expressions.items()), ("items",), where), keep)


def _alike(study: Study, asked: _Asked, keep: Together | None) -> Columns:
    names = [*dict(asked.expressions), *asked.counted]
    if keep is None:
        columns = columns_of(_sorted(*asked.whole(study), len(asked.expressions)), len(names))
    else:
        found = kept_rows(study, asked, lambda: asked.grouping(study), keep)
        columns = [*found.columns, *columns_of(found.rows.values(), len(asked.counted))]
    return dict(zip(names, columns, strict=True))


def _sorted(sql: str, values: Row, keys: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY {', '.join(str(place + 1) for place in range(keys))}", values)
        return cursor.fetchall()
