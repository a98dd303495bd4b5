"""Judgments as rows of COPY: item by item, range by range, so that little is sorted and nothing held.

In the order of the judgments each range would have to look at all items.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.utils import timezone

from annotation.exchange.exports.ahead import copied_ahead
from annotation.exchange.exports.options import Options
from annotation.models import Study
from annotation.scales import PREFERENCE_NAMES, Preference
from common.copying import FORMULA_START, inert, with_decimal_comma
from common.counting import first_sql, included_sql, seen_sql
from common.kept import kept_sql
from distillation.catalog.selection import CatalogSelection

RANGE = 4_000  # items: what they give is sorted and held in memory

ISO = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
MILLISECONDS = "round({} * 1000) / 1000"

# Of the co-buy, as the item was drawn; for one that was drawn before purchases came in, as it is known now.
_BOUGHT = "coalesce(i.bought_{0}, extract({0} FROM c.bought_at AT TIME ZONE 'UTC'))::int"

_SIZE = "(j.look #>> '{{{side},width}}') || 'x' || (j.look #>> '{{{side},height}}')"
_ENLARGED = "(j.look #> '{{{side},enlarged}}')::boolean"
# What the page told, see `judging.look`; nothing where it told nothing.
LOOK = {
    "picture_left": "j.look #>> '{left,picture}'",
    "picture_right": "j.look #>> '{right,picture}'",
    "size_left": _SIZE.format(side="left"),
    "size_right": _SIZE.format(side="right"),
    "enlarged": f"CASE WHEN {_ENLARGED.format(side='left')} AND {_ENLARGED.format(side='right')} THEN 'both'"
    f" WHEN {_ENLARGED.format(side='left')} THEN 'left' WHEN {_ENLARGED.format(side='right')} THEN 'right'"
    " WHEN j.look IS NOT NULL THEN 'none' END",
    "seconds_in_view": "(j.look ->> 'in_view')::float8",
    "device": "j.look ->> 'device'",
    "orientation": "j.look ->> 'orientation'",
}
COLUMNS = {
    "study": "%(name)s::text",
    "item": "i.id",
    "intention_id": "i.intention_id",
    "run": "r.name",
    "backend": "r.backend",
    "model": "r.model",
    "asin_a": "a.asin",
    "asin_b": "b.asin",
    "relation": "i.relation",
    "intention": "t.text",
    "annotator": "p.pseudonym",
    "plausibility": "j.plausibility",
    "typicality": "j.typicality",
    "verdict": "CASE i.filter_yes WHEN true THEN 'yes' WHEN false THEN 'no' END",
    "p_yes": "i.p_yes",
    "strictness": "r.strictness",
    "filter": f"CASE {kept_sql('i.p_yes', 'r.strictness', 'i.filter_yes')} WHEN true THEN 'kept'"
    " WHEN false THEN 'rejected' END",
    "audit": "CASE j.filter_right WHEN true THEN 'right' WHEN false THEN 'wrong' END",
    "audit_reason": "nullif(j.audit_reason, '')",
    "comment": "nullif(j.comment, '')",
    "kind": "j.kind",
    "counts": f"({included_sql()} OR %(with_excluded)s) AND ({first_sql()} OR (%(with_seen)s AND {seen_sql()}))",
    "study_version": "j.version",
    "seconds": MILLISECONDS.format("j.seconds"),
    "active_seconds": MILLISECONDS.format("j.active_seconds"),
    "left_product": "CASE WHEN j.a_on_left THEN 'a' ELSE 'b' END",
    **LOOK,
    "stratum": "i.stratum",
    "inclusion_probability": "i.inclusion_probability",
    "category": "i.category",
    **{f"bought_{part}": _BOUGHT.format(part) for part in ("year", "month")},
    "simulated": "%(simulated)s::boolean",
    "judged_at": ISO.format("j.created_at"),
    "audited_at": ISO.format("j.audited_at"),
    "role": "j.role",
    "had_seen": "nullif(j.had_seen, '')",
    "was_kind": "nullif(j.was_kind, '')",
}
# What people see, for programs that show it to others. Addresses are where the pictures were fetched from.
_ADDRESS = "(SELECT url FROM distillation_picturesource WHERE id = {}.picture_source_id)"
SHOWN = {
    "title_a": "a.title",
    "title_b": "b.title",
    "picture_a": _ADDRESS.format("a"),
    "picture_b": _ADDRESS.format("b"),
}
OF_REVISIONS = {
    "plausibility": "said.plausibility",
    "typicality": "said.typicality",
    "counts": f"{COLUMNS['counts']} AND said.stands",
    "revision": "said.revision",
    "after_reveal": "said.after_reveal",
    "sent_back": "said.sent_back",
    "revised_at": ISO.format("said.revised_at"),
}
# As words in CSV, which other programs than PostgreSQL read too.
TRUTHS = frozenset(("counts", "simulated", "after_reveal", "sent_back"))
REALS = frozenset(("p_yes", "strictness", "seconds", "active_seconds", "seconds_in_view", "inclusion_probability"))
# Of a pair what stood left and right, as it was shown.
_SIDE = "CASE WHEN j.first_left THEN {} ELSE {} END"
_LEFT_SAID, _RIGHT_SAID = Preference.LEFT.value, Preference.RIGHT.value
_ANSWER = " ".join(
    ["CASE {said}", *(f"WHEN {each.value} THEN '{name}'" for each, name in PREFERENCE_NAMES.items()), "END"]
)
_BETTER = (
    f"CASE WHEN {{said}} = CASE WHEN j.first_left THEN {_LEFT_SAID} ELSE {_RIGHT_SAID} END THEN r.name"
    f" WHEN {{said}} <= {_RIGHT_SAID} THEN other_run.name END"
)
_COMMON_FIRST = ("study", "item", "asin_a", "asin_b", "relation")
_COMMON_LAST = (
    "annotator", "comment", "kind", "counts", "study_version", "seconds", "active_seconds", "left_product", *LOOK,
    "stratum", "inclusion_probability", "category", "bought_year", "bought_month", "simulated", "judged_at",
    "role", "had_seen", "was_kind",
)  # fmt: skip
OF_PAIRS = {
    **{name: COLUMNS[name] for name in _COMMON_FIRST},
    "left_run": _SIDE.format("r.name", "other_run.name"),
    "right_run": _SIDE.format("other_run.name", "r.name"),
    "left_intention_id": _SIDE.format("i.intention_id", "i.other_id"),
    "right_intention_id": _SIDE.format("i.other_id", "i.intention_id"),
    "left_text": _SIDE.format("i.first_shown", "i.second_shown"),
    "right_text": _SIDE.format("i.second_shown", "i.first_shown"),
    "answer": _ANSWER.format(said="j.preference"),
    "better_run": _BETTER.format(said="j.preference"),
    **{name: COLUMNS[name] for name in _COMMON_LAST},
}
OF_PAIRS_REVISED = {
    **{name: OF_REVISIONS[name] for name in ("counts", "revision", "after_reveal", "sent_back", "revised_at")},
    "answer": _ANSWER.format(said="said.preference"),
    "better_run": _BETTER.format(said="said.preference"),
}
FREE_TEXT = frozenset(
    [
        "study",
        "run",
        "model",
        "asin_a",
        "asin_b",
        "intention",
        "annotator",
        "comment",
        "stratum",
        "category",
        "left_run",
        "right_run",
        "left_text",
        "right_text",
        "better_run",
    ]
)

# In the order in which it is joined: an item's own rows once, then its judgments.
_FROM = """
    FROM annotation_item i
    JOIN distillation_intention t ON t.id = i.intention_id
    JOIN distillation_run r ON r.id = i.run_id
    JOIN distillation_cobuy c ON c.id = t.cobuy_id
    JOIN distillation_product a ON a.id = c.a_id
    JOIN distillation_product b ON b.id = c.b_id
    JOIN annotation_judgment j ON j.item_id = i.id
    JOIN annotation_participant p ON p.id = j.participant_id
"""
_OTHER = "JOIN distillation_run other_run ON other_run.id = i.other_run_id"
# Ratings as first given, and each later change. Before the reveal a change counts, after it it stands beside.
_SAID = """
    CROSS JOIN LATERAL (
        SELECT 0 AS revision,
               CASE WHEN f.before IS NULL THEN j.plausibility ELSE (f.before ->> 'plausibility')::smallint END
                   AS plausibility,
               CASE WHEN f.before IS NULL THEN j.typicality ELSE (f.before ->> 'typicality')::smallint END
                   AS typicality,
               CASE WHEN f.before IS NULL THEN j.preference ELSE (f.before ->> 'preference')::smallint END
                   AS preference,
               NULL::boolean AS after_reveal, NULL::boolean AS sent_back,
               NULL::timestamptz AS revised_at, f.before IS NULL AS stands
        FROM (VALUES (1)) once LEFT JOIN LATERAL (
            SELECT before FROM annotation_judgmentrevision x
            WHERE x.judgment_id = j.id AND NOT x.after_reveal ORDER BY x.id LIMIT 1
        ) f ON true
        UNION ALL
        SELECT row_number() OVER (ORDER BY x.id), x.plausibility, x.typicality, x.preference,
               x.after_reveal, x.sent_back, x.created_at,
               x.id IS NOT DISTINCT FROM max(x.id) FILTER (WHERE NOT x.after_reveal) OVER ()
        FROM annotation_judgmentrevision x WHERE x.judgment_id = j.id
    ) said
"""
# The range of both: of an inequality the planner does not see that it holds for what is equal.
_WHERE = """
    WHERE i.study_id = %(study)s AND i.id >= %(first)s AND i.id < %(beyond)s
      AND j.item_id >= %(first)s AND j.item_id < %(beyond)s
"""
# By keys, on which all columns of their tables depend.
_BY_ITEM = "GROUP BY i.id, t.id, r.id, c.id, a.id, b.id ORDER BY i.id"
_FILTERS = {
    "relation": "AND i.relation = %(relation)s",
    "category": "AND i.category = %(category)s",
    "run": "AND i.run_id = %(run)s",
    "group": "AND p.annotator_id IN (SELECT user_id FROM accounts_user_groups WHERE group_id = %(group)s)",
    "person": "AND p.pseudonym = %(person)s",
    "since": "AND j.created_at >= %(since)s::date::timestamp AT TIME ZONE %(zone)s",
    "version": "AND j.version = ANY(%(version)s)",
    "until": "AND j.created_at < (%(until)s::date + 1)::timestamp AT TIME ZONE %(zone)s",
}
_FILTERS_OF_PAIRS = {"run": "AND %(run)s IN (i.run_id, i.other_run_id)"}
_SHARED = {
    "study": ("study",),
    "run": ("run", "left_run", "right_run", "better_run"),
    "model": ("model",),
    "annotator": ("annotator",),
}
_RUNS = "FROM distillation_run WHERE id IN (SELECT run_id FROM annotation_study_runs WHERE study_id = %(study)s)"
_RUNNABLE = f"""
    SELECT %(name)s::text ~ '{FORMULA_START}',
           (SELECT bool_or(name ~ '{FORMULA_START}') {_RUNS}), (SELECT bool_or(model ~ '{FORMULA_START}') {_RUNS}),
           (SELECT bool_or(pseudonym ~ '{FORMULA_START}') FROM annotation_participant WHERE study_id = %(study)s)
"""  # noqa: S608 - a pattern of our own
_BOUNDS = "SELECT coalesce(min(id), 0), coalesce(max(id), -1) + 1 FROM annotation_item WHERE study_id = %(study)s"


class Rows:
    """What the options choose of a study's judgments, at the moment of the transaction that it is read in."""

    def __init__(self, study: Study, options: Options) -> None:
        self.study, self.options = study, options
        self.n_copied = 0
        self.snapshot_at: datetime | None = None
        selection = options.selection
        self.params = {
            "study": study.pk,
            "name": study.name,
            "simulated": study.simulated,
            "zone": timezone.get_current_timezone_name(),
            **{name: getattr(selection, name) for name in (*_FILTERS, "with_excluded", "with_seen")},
            "version": list(selection.version),
        }
        filters = _FILTERS | (_FILTERS_OF_PAIRS if study.is_preference else {})
        chosen = [sql for name, sql in filters.items() if getattr(selection, name)]
        if selection.imports:
            cobuys = CatalogSelection(imports=selection.imports).sql()
            chosen.append(f"AND t.cobuy_id IN ({cobuys})")
        self._filters = " ".join(chosen)

    @property
    def columns(self) -> dict[str, str]:
        columns, of_revisions = (OF_PAIRS, OF_PAIRS_REVISED) if self.study.is_preference else (COLUMNS, OF_REVISIONS)
        return columns | (of_revisions if self.options.revisions else {})

    def selected(self) -> str:
        """One row each, with places for `first` and `beyond`, the range of items."""
        return self._ordered(self.columns)

    def selected_for_csv(self) -> str:
        """The same, in cells that others read. Within the snapshot, which is asked what can need a guard."""
        guarded = frozenset() if self.options.machine else FREE_TEXT - self._harmless()
        return self._ordered({name: _cell(name, sql, guarded, self.options) for name, sql in self.columns.items()})

    def _harmless(self) -> set[str]:
        """Columns with few values, none of which a spreadsheet runs: to look at a million cells takes longer."""
        with connection.cursor() as cursor:
            cursor.execute(_RUNNABLE, self.params)
            found = dict(zip(_SHARED, cursor.fetchone(), strict=True))
        return {name for shared, names in _SHARED.items() if not found[shared] for name in names}

    def by_item(self, cell: str) -> str:
        """One cell for each item with a judgment: of its own columns, and of aggregates of its judgments'."""
        return f"SELECT {cell} {_FROM} {_WHERE} {self._filters} {_BY_ITEM}"

    def _ordered(self, columns: dict[str, str]) -> str:
        order = "i.id, j.id, said.revision" if self.options.revisions else "i.id, j.id"
        return f"{self._query(columns)} ORDER BY {order}"

    def _query(self, columns: dict[str, str]) -> str:
        cells = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        other = _OTHER if self.study.is_preference else ""
        said = _SAID if self.options.revisions else ""
        return f"SELECT {cells} {_FROM} {other} {said} {_WHERE} {self._filters}"

    def ranges(self) -> Iterator[dict[str, int]]:
        with connection.cursor() as cursor:
            cursor.execute(_BOUNDS, self.params)
            least, beyond = cursor.fetchone()
        for first in range(least, beyond, RANGE):
            yield {"first": first, "beyond": min(first + RANGE, beyond)}

    def copied(self, query: str, form: str) -> Iterator[bytes]:
        """All ranges, in pieces of whole rows."""
        places = (self.params | each for each in self.ranges())
        yield from copied_ahead(f"COPY ({query}) TO STDOUT {form}", places, self._count)

    def _count(self, n: int) -> None:
        self.n_copied += n


def _cell(name: str, sql: str, guarded: frozenset[str], options: Options) -> str:
    if name in guarded:
        return inert(sql)
    if name in REALS and options.excel == "semicolon":
        return with_decimal_comma(sql)
    return f"({sql})::text" if name in TRUTHS else sql
