"""A run's intentions as rows of COPY: in the order of their ids, range by range, so that nothing is sorted or held."""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from common.copying import copy_ended, copy_rows
from common.counting import counting_sql, of_people_sql, rated_sql
from common.kept import drawn_sql, kept_of_run_sql, kept_sql
from distillation.pipeline.relations import RELATIONS
from knowledge.exports.selection import Selection

RANGE = 50_000

_WORDS = json.dumps({code: relation.words for code, relation in RELATIONS.items()})
COLUMNS: dict[str, str] = {
    "id": "t.id",
    "run": "r.name",
    "backend": "r.backend",
    "model": "r.model",
    "asin_a": "a.asin",
    "asin_b": "b.asin",
    "title_a": "a.title",
    "title_b": "b.title",
    "category_a": "a.category",
    "category_b": "b.category",
    "relation": "t.relation",
    "relation_words": f"('{_WORDS}'::jsonb ->> t.relation)",
    "intention": "t.text",
    "verdict": "CASE v.yes WHEN true THEN 'yes' WHEN false THEN 'no' END",
    "p_yes": "v.p_yes",
    "kept": kept_of_run_sql("v.p_yes", "%(threshold)s", "v.yes", "r.config"),
    "reason": "v.reason",
    "human_plausible": "h.share",
    "n_judgments": "coalesce(h.n, 0)",
    "human_label": "CASE WHEN h.share > 0.5 THEN 'plausible' WHEN h.share < 0.5 THEN 'implausible'"
    " WHEN h.n > 0 THEN 'tied' END",
}
ALL = ", ".join(f"{text} AS {name}" for name, text in COLUMNS.items())
FREE_TEXT = frozenset(
    ("run", "model", "asin_a", "asin_b", "title_a", "title_b", "category_a", "category_b", "intention", "reason")
)

# What figures count too: first judgments of sampled items, of annotators who are not excluded, none of them simulated.
_COUNTING = f"""
    FROM annotation_judgment j
    JOIN annotation_item i ON i.id = j.item_id
    JOIN annotation_study s ON s.id = i.study_id
    JOIN annotation_participant p ON p.id = j.participant_id
    JOIN distillation_intention own ON own.id = i.intention_id
    WHERE own.run_id = %(run)s AND {of_people_sql()} AND {counting_sql()} AND {rated_sql()}
"""
_HUMAN = f"""
    SELECT i.intention_id, count(*) AS n,
           avg((j.plausibility >= (s.scales -> 0 ->> 'positive_from')::int)::int)::float8 AS share
    {_COUNTING} AND i.intention_id >= %(first)s AND i.intention_id < %(beyond)s GROUP BY i.intention_id
"""
_NOBODY = "SELECT NULL::bigint AS intention_id, NULL::bigint AS n, NULL::float8 AS share WHERE false"

PRODUCTS = """
    JOIN distillation_cobuy c ON c.id = t.cobuy_id
    JOIN distillation_product a ON a.id = c.a_id
    JOIN distillation_product b ON b.id = c.b_id
"""
ENDS = """
    JOIN distillation_cobuy c ON c.id = t.cobuy_id
    CROSS JOIN LATERAL (VALUES (c.a_id), (c.b_id)) e (product_id)
"""
_FROM = """
    FROM distillation_intention t
    JOIN distillation_run r ON r.id = t.run_id
    LEFT JOIN distillation_verdict v
        ON v.intention_id = t.id AND v.intention_id >= %(first)s AND v.intention_id < %(beyond)s
    LEFT JOIN ({human}) h ON h.intention_id = t.id
    {products}
    WHERE t.run_id = %(run)s AND t.id >= %(first)s AND t.id < %(beyond)s {filters}
"""
_KEPT_SIZE = f"""(
    SELECT count(*) FROM distillation_verdict k JOIN distillation_intention o ON o.id = k.intention_id
    WHERE o.run_id = %(run)s AND {kept_sql("k.p_yes", "%(threshold)s", "k.yes")})"""  # noqa: S608 - a rule of our own
_FILTERS = {
    "drawn": f"AND {drawn_sql('t.id', '%(run)s', _KEPT_SIZE)}",
    "kept": f"AND {COLUMNS['kept']}",
    "relations": "AND t.relation = ANY(%(relations)s)",
    "plausible": "AND h.share > 0.5",
    "implausible": "AND h.share < 0.5",
    "judged": "AND h.n > 0",
}
# Signs that JSON has only escaped, and the other lines not at all: so nothing is quoted, and a line is a row.
AS_LINES = "(FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02', ENCODING 'UTF8')"


@dataclass
class Facts:
    """Of the selection, counted in the same snapshot."""

    intentions: int = 0
    verdicts: int = 0
    kept: int = 0
    judged: int = 0
    plausible: int = 0
    by_relation: dict[str, int] = field(default_factory=dict)
    kept_by_relation: dict[str, int] = field(default_factory=dict)


class Rows:
    """The selection in one snapshot: made and closed inside it, for the ids and the judgments that are there."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.n_copied = 0
        self._under_way: Generator[memoryview, None, None] | None = None
        self.params: dict[str, Any] = {
            "run": selection.run.pk,
            "threshold": selection.threshold,
            "relations": list(selection.relations),
        }
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(min(id), 0), coalesce(max(id), -1) + 1 FROM distillation_intention WHERE run_id = %s",
                [selection.run.pk],
            )
            self.first, self.beyond = cursor.fetchone()
            cursor.execute(f"SELECT EXISTS (SELECT 1 {_COUNTING})", self.params)
            self.judged = cursor.fetchone()[0]

    def query(self, columns: str, *, products: str = PRODUCTS) -> str:
        """With places for `first` and `beyond`, the range of ids."""
        chosen = {name: getattr(self.selection, name) for name in ("kept", "drawn", "relations")}
        wanted = chosen | {self.selection.human: True}
        filters = " ".join(text for name, text in _FILTERS.items() if wanted.get(name))
        if self.selection.catalog.as_config():
            filters += f" AND t.cobuy_id IN ({self.selection.catalog.sql()})"
        human = _HUMAN if self.judged else _NOBODY
        return f"SELECT {columns} {_FROM.format(human=human, products=products, filters=filters)}"

    def facts(self) -> Facts:
        columns = {name: COLUMNS[name] for name in ("relation", "verdict", "kept", "human_label")}
        query = self.query(", ".join(f"{text} AS {name}" for name, text in columns.items()), products="")
        facts = Facts()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relation, count(*), count(verdict), count(*) FILTER (WHERE kept), count(human_label),"  # noqa: S608
                f" count(*) FILTER (WHERE human_label = 'plausible') FROM ({query}) x GROUP BY 1",
                {**self.params, "first": self.first, "beyond": self.beyond},
            )
            counts = {row[0]: row[1:] for row in cursor.fetchall()}
        for code in (code for code in RELATIONS if code in counts):
            facts.by_relation[code], facts.kept_by_relation[code] = counts[code][0], counts[code][2]
        sums = [sum(column) for column in zip(*counts.values(), strict=True)] or [0] * 5
        facts.intentions, facts.verdicts, facts.kept, facts.judged, facts.plausible = sums
        return facts

    def ranges(self, query: str, form: str, *, header: bool = False) -> Iterator[memoryview]:
        """What COPY gives for the query, over all ranges of ids; the header comes once."""
        for first in range(self.first, self.beyond, RANGE):
            places = {"first": first, "beyond": min(first + RANGE, self.beyond)}
            yield from self.copied(query, with_header(form) if header and first == self.first else form, **places)

    def copied(self, query: str, form: str, **places: int) -> Iterator[memoryview]:
        """What COPY gives for a query over the whole, or over the ids from `first` to `beyond`."""
        self._under_way = self._copy(query, form, **places)
        return self._under_way

    def close(self) -> None:
        """A COPY that is broken off holds its connection's lock, which the end of the transaction would wait for."""
        if self._under_way:
            self._under_way.close()

    def _copy(self, query: str, form: str, **places: int) -> Generator[memoryview, None, None]:
        params = {**self.params, "first": self.first, "beyond": self.beyond, **places}
        with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT {form}", params):
            yield from copy_rows(cursor.connection.pgconn)
            self.n_copied += copy_ended(cursor.connection.pgconn)


def with_header(form: str) -> str:
    return form.replace("(", "(HEADER, ", 1)
