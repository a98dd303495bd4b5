"""Judgments of a file on their way into a study: in a table of this transaction, matched, checked, then written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from annotation.exchange.files.cells import STAGED, ImportRefused
from annotation.judging.tallying import answers_of, unit_sql
from annotation.models import Study
from common.counting import counting_sql, first_sql, included_sql, once_sql
from distillation.catalog.intake.indexing import filled_bare, keys_known

_TABLES = """
    DROP TABLE IF EXISTS pg_temp.staged, pg_temp.own_items, pg_temp.people;
    CREATE TEMP TABLE staged (
        line bigint, place bigint, item bigint, intention bigint, identity uuid, left_asin text, pseudonym text,
        plausibility smallint, typicality smallint, kind text, counts boolean, version smallint, seconds float8,
        active float8, comment text, filter_right boolean, audit_reason text, judged_at timestamptz,
        audited_at timestamptz, revision int, after_reveal boolean, sent_back boolean, revised_at timestamptz,
        inclusion float8, simulated boolean, look jsonb, role text, had_seen text, was_kind text,
        own_item bigint, stands boolean NOT NULL DEFAULT true
    ) ON COMMIT DROP;
    CREATE TEMP TABLE own_items (
        id bigint, intention bigint, is_gold boolean, asin_a text, identity uuid, alone boolean, inclusion float8
    ) ON COMMIT DROP
"""
_OWN_ITEMS = """
    INSERT INTO own_items
    SELECT x.*, count(*) OVER (PARTITION BY x.identity) = 1, i.inclusion_probability FROM (
        SELECT i.id, i.intention_id, i.gold IS NOT NULL, a.asin,
               md5(convert_to(concat_ws(e'\\x1f', r.name, least(a.asin COLLATE "C", b.asin COLLATE "C"),
                   greatest(a.asin COLLATE "C", b.asin COLLATE "C"), i.relation, t.text), 'UTF8'))::uuid AS identity
        FROM annotation_item i
        JOIN distillation_run r ON r.id = i.run_id
        JOIN distillation_intention t ON t.id = i.intention_id
        JOIN distillation_cobuy c ON c.id = t.cobuy_id
        JOIN distillation_product a ON a.id = c.a_id
        JOIN distillation_product b ON b.id = c.b_id
        WHERE i.study_id = %(study)s
    ) x JOIN annotation_item i ON i.id = x.id
"""
# The file's ids are believed only where they mean the same intention here.
MATCHES = {
    "item": "o.id = s.item AND o.identity = s.identity",
    "intention_id": "o.intention = s.intention AND o.identity = s.identity",
    "run, products, relation and text": "o.identity = s.identity AND o.alone",
}
_UNMATCHED = """
    SELECT s.line, EXISTS (SELECT 1 FROM own_items o WHERE o.identity = s.identity), s.item
    FROM staged s WHERE NOT EXISTS (SELECT 1 FROM own_items o WHERE {match}) ORDER BY s.place LIMIT 1
"""
# A change before the reveal counts, one after it stands beside.
_STANDS = """
    UPDATE staged s SET stands = false
    FROM (
        SELECT pseudonym, own_item, kind, judged_at, max(revision) FILTER (WHERE NOT after_reveal) AS revision
        FROM staged GROUP BY 1, 2, 3, 4
    ) last
    WHERE (last.pseudonym, last.own_item, last.kind, last.judged_at) = (s.pseudonym, s.own_item, s.kind, s.judged_at)
      AND last.revision <> s.revision
"""
_TOTALS = """
    SELECT count(*) AS rows, count(*) FILTER (WHERE revision = 0) AS judgments,
           count(DISTINCT pseudonym) AS annotators, max(revision) > 0 AS has_revisions,
           bool_or(simulated) AS simulated, min(line) AS first_line
    FROM staged
"""
_KNOWN = f"""
    FROM staged s
    JOIN annotation_participant p ON p.study_id = %(study)s AND p.pseudonym = s.pseudonym
    JOIN annotation_judgment j ON j.participant_id = p.id AND j.item_id = s.own_item AND j.kind = s.kind
    WHERE s.revision = 0 AND ({once_sql("s")} OR j.created_at = s.judged_at)
"""
# Whether each of an annotator's first judgments counts; one that was revised counts if any of its rows does.
_PEOPLE = f"""
    CREATE TEMP TABLE people ON COMMIT DROP AS
    SELECT pseudonym, bool_or(counts) AS counts, bool_and(counts) AS all_count,
           min(line) AS line, max(line) AS last_line
    FROM (
        SELECT s.pseudonym, bool_or(s.counts) AS counts, min(s.line) AS line
        FROM staged s WHERE {first_sql("s")} GROUP BY s.pseudonym, s.own_item, s.kind
    ) x GROUP BY pseudonym
"""  # noqa: S608 - rules of our own


class Totals(NamedTuple):
    rows: int
    judgments: int
    annotators: int
    has_revisions: bool
    simulated: bool
    first_line: int


@dataclass(frozen=True, slots=True)
class Check:
    """Refuses the first row that the query finds. It gives `line` and the columns that the message names."""

    query: str
    message: str
    of_revisions: bool = False


CHECKS = (
    Check(
        "SELECT s.line, s.own_item AS item, s.kind,"
        " CASE WHEN o.is_gold THEN 'a gold item' ELSE 'no gold item' END AS what"
        " FROM staged s JOIN own_items o ON o.id = s.own_item"
        " WHERE (s.kind = 'gold') <> o.is_gold ORDER BY s.place LIMIT 1",
        "kind {kind} does not fit item {item}, which is {what} here",
    ),
    Check(
        "SELECT max(line) AS line, own_item AS item, pseudonym FROM staged"  # noqa: S608 - a rule of our own
        f" GROUP BY pseudonym, own_item, kind, CASE WHEN NOT {once_sql('staged')} THEN judged_at END, revision"
        " HAVING count(*) > 1 ORDER BY max(place) LIMIT 1",
        "annotator {pseudonym} judges item {item} a second time; the first judgment counts, take the others out",
    ),
    Check(
        "SELECT min(line) AS line, own_item AS item, pseudonym FROM staged"
        " GROUP BY pseudonym, own_item, kind, judged_at"
        " HAVING max(revision) + 1 <> count(*) ORDER BY min(place) LIMIT 1",
        "of annotator {pseudonym}'s ratings of item {item} earlier ones are missing; take all revisions or none",
        of_revisions=True,
    ),
    Check(
        "SELECT line, pseudonym FROM staged WHERE revision > 0 AND revised_at IS NULL ORDER BY place LIMIT 1",
        "a later revision of annotator {pseudonym}'s has no revised_at",
        of_revisions=True,
    ),
    Check(
        f"SELECT s.line, s.own_item AS item, s.pseudonym {_KNOWN} ORDER BY s.place LIMIT 1",
        "annotator {pseudonym} has judged item {item} in this study already; the first judgment counts, take this one"
        " out",
    ),
    Check(
        "SELECT last_line AS line, pseudonym FROM people WHERE counts <> all_count ORDER BY people.line LIMIT 1",
        "annotator {pseudonym} counts in some rows and not in others; all of an excluded annotator's say counts f",
    ),
    Check(
        "SELECT x.line, x.pseudonym, p.state FROM people x"  # noqa: S608 - a rule of our own
        " JOIN annotation_participant p ON p.study_id = %(study)s AND p.pseudonym = x.pseudonym"
        f" WHERE x.counts <> ({included_sql()}) ORDER BY x.line LIMIT 1",
        "annotator {pseudonym} is {state} in this study, and the file's column counts says otherwise",
    ),
    Check(
        "SELECT max(s.line) AS line, i.id AS item, i.overlap - i.taken AS room,"  # noqa: S608 - a rule of our own
        " count(*) AS brought, i.overlap FROM staged s JOIN annotation_item i ON i.id = s.own_item"
        f" WHERE {first_sql('s')} AND s.counts GROUP BY i.id HAVING i.taken + count(*) > i.overlap"
        " ORDER BY max(s.place) LIMIT 1",
        "item {item} has room for {room} of {overlap} judgments here, and the file brings {brought}",
    ),
)


class Staging:
    """One file's rows, inside the transaction that will write them."""

    def __init__(self, study: Study, unit: str) -> None:
        self.study, self.unit = study, unit
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '64MB'")  # in four a million rows are sorted on disk
            for statement in _TABLES.split(";"):
                cursor.execute(statement)
        self._run(_OWN_ITEMS)
        self._run("ANALYZE own_items")

    def fill(self, rows: Iterable[tuple]) -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY staged ({', '.join(STAGED)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        # The others, some of them wide, are joined by nobody.
        self._run("ANALYZE staged (item, intention, identity, pseudonym, kind, revision)")

    def match(self) -> str:
        """Find the file's items in this study, and return what they were matched by; it is the same for all of them."""
        for name, match in MATCHES.items():
            found = self._first(_UNMATCHED.format(match=match))
            if found is None:
                self._run(f"UPDATE staged s SET own_item = o.id FROM own_items o WHERE {match}")  # noqa: S608
                self._run("ANALYZE staged (own_item)")
                self._run(_PEOPLE)
                return name
            unmatched = found
        line, is_ambiguous, item = unmatched
        why = (
            "two of its items say the same, so that only their ids could tell them apart"
            if is_ambiguous
            else "is it a file of another study?"
        )
        raise ImportRefused(f"{self.unit} {line}: item {item} is not among the items of study {self.study.name}; {why}")

    def check(self, totals: Totals) -> None:
        if totals.has_revisions:
            self._run(_STANDS)
        if self._one(f"SELECT count(*) {_KNOWN} AND j.created_at = s.judged_at")[0] == totals.judgments:
            raise ImportRefused(f"all of its judgments are in study {self.study.name}: it was already imported")
        for check in CHECKS:
            if check.of_revisions and not totals.has_revisions:
                continue
            if found := self._first_named(check.query):
                raise ImportRefused(f"{self.unit} {found['line']}: {check.message.format(**found)}")

    def totals(self) -> Totals:
        return Totals(*self._one(_TOTALS))

    def pseudonyms(self) -> dict[str, bool]:
        """The file's annotators who are not in the study yet: pseudonym -> whether they are excluded."""
        query = """
            SELECT s.pseudonym, coalesce(NOT x.counts, false) FROM (SELECT DISTINCT pseudonym FROM staged) s
            LEFT JOIN people x ON x.pseudonym = s.pseudonym
            WHERE NOT EXISTS (SELECT 1 FROM annotation_participant p
                              WHERE p.study_id = %(study)s AND p.pseudonym = s.pseudonym)
            ORDER BY s.pseudonym
        """
        with connection.cursor() as cursor:
            cursor.execute(query, {"study": self.study.pk})
            return dict(cursor.fetchall())

    def other_inclusions(self) -> int:
        """Items that this study drew with another probability than the file says."""
        return self._one(
            "SELECT count(DISTINCT o.id) FROM staged s JOIN own_items o ON o.id = s.own_item"
            " WHERE s.inclusion <> o.inclusion AND NOT o.is_gold"
        )[0]

    def write(self, rows: int) -> None:
        self._run(_ITEMS_LOCKED)  # the participants are locked by who counts
        with connection.cursor() as cursor, filled_bare(cursor, "annotation_judgment", rows), keys_known():
            self._run(_JUDGMENTS)
        # Without it the planner takes the judgments for as few as there were before.
        for statement in ("ANALYZE annotation_judgment", _REVISIONS, _REVEALED, _COUNTERS, _EXTRA):
            self._run(statement)

    def _one(self, query: str) -> tuple:
        """Of a query that always has a row."""
        return self._first(query) or ()

    def _first(self, query: str) -> tuple | None:
        with connection.cursor() as cursor:
            cursor.execute(query, {"study": self.study.pk})
            return cursor.fetchone()

    def _first_named(self, query: str) -> dict | None:
        with connection.cursor() as cursor:
            cursor.execute(query, {"study": self.study.pk})
            row = cursor.fetchone()
            return row and {column.name: value for column, value in zip(cursor.description, row, strict=True)}

    def _run(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"study": self.study.pk, **answers_of(self.study)})


_ITEMS_LOCKED = "SELECT count(*) FROM (SELECT FROM annotation_item WHERE study_id = %(study)s FOR KEY SHARE) x"
# In the order of time, but of each item in that of the file: exported again, its rows come out as they went in. The
# tally is that of an item without judgments; `study_recompute` mends those of the others.
_JUDGMENTS = f"""
    INSERT INTO annotation_judgment
        (item_id, participant_id, kind, submission, plausibility, typicality, a_on_left, seconds, active_seconds, look,
         comment, version, role, had_seen, was_kind, audit_asked, created_at, filter_right, audit_reason, audited_at,
         tally)
    SELECT s.own_item, p.id, s.kind, gen_random_uuid(), s.plausibility, s.typicality, o.asin_a = s.left_asin,
           s.seconds, s.active, s.look, s.comment, s.version, s.role, s.had_seen, s.was_kind,
           s.filter_right IS NOT NULL, s.judged_at, s.filter_right, s.audit_reason, s.audited_at,
           CASE WHEN {counting_sql("s")} THEN
               (sum({unit_sql("plausibility", "s")}) FILTER (WHERE {counting_sql("s")})
                   OVER (PARTITION BY s.own_item ORDER BY s.judged_at, s.at, s.place))::bigint END
    FROM (
        SELECT *, max(judged_at) OVER (PARTITION BY own_item ORDER BY place) AS at FROM staged WHERE stands
    ) s
    JOIN own_items o ON o.id = s.own_item
    JOIN annotation_participant p ON p.study_id = %(study)s AND p.pseudonym = s.pseudonym
    ORDER BY s.at, s.place
"""  # noqa: S608 - rules of our own
_REVISIONS = """
    INSERT INTO annotation_judgmentrevision
        (judgment_id, submission, plausibility, typicality, before, after_reveal, sent_back, created_at)
    SELECT j.id, gen_random_uuid(), s.plausibility, s.typicality,
           CASE WHEN s.after_reveal
               THEN jsonb_build_object('plausibility', j.plausibility, 'typicality', j.typicality)
               ELSE jsonb_build_object('plausibility', b.plausibility, 'typicality', b.typicality) END,
           s.after_reveal, s.sent_back, s.revised_at
    FROM staged s
    JOIN staged b ON (b.pseudonym, b.own_item, b.kind, b.judged_at, b.revision)
                   = (s.pseudonym, s.own_item, s.kind, s.judged_at, s.revision - 1)
    JOIN annotation_participant p ON p.study_id = %(study)s AND p.pseudonym = s.pseudonym
    JOIN annotation_judgment j ON j.participant_id = p.id AND j.item_id = s.own_item AND j.kind = s.kind
                              AND j.created_at = s.judged_at
    WHERE s.revision > 0 ORDER BY s.revised_at, s.place
"""
_REVEALED = """
    UPDATE annotation_judgment j SET audit_asked = true
    FROM annotation_judgmentrevision v JOIN annotation_judgment k ON k.id = v.judgment_id
    JOIN annotation_participant p ON p.id = k.participant_id AND p.study_id = %(study)s
    WHERE j.id = k.id AND v.after_reveal AND NOT j.audit_asked
"""
_EXTRA = """
    UPDATE annotation_item i SET extra_taken = i.extra_taken + x.n
    FROM (SELECT own_item, count(*) AS n FROM staged WHERE stands AND kind = 'extra' GROUP BY own_item) x
    WHERE i.id = x.own_item
"""
_COUNTERS = """
    UPDATE annotation_participant p
    SET seconds = p.seconds + x.seconds, revision = p.revision + x.n, n_recounted = p.n_recounted + 1
    FROM (SELECT pseudonym, sum(active) AS seconds, count(*) AS n FROM staged WHERE stands GROUP BY pseudonym) x
    WHERE p.study_id = %(study)s AND p.pseudonym = x.pseudonym
"""
