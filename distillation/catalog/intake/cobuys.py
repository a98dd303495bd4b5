"""Staged candidates into co-buys: unordered, once, both ends known, and of those what the options let through."""

from contextlib import nullcontext

from django.db.backends.utils import CursorWrapper

from distillation.catalog.intake.indexing import indexes_aside, is_large_first, plan_for
from distillation.catalog.intake.job import Job
from distillation.catalog.intake.products import sequence_follow
from distillation.catalog.readers.records import DEFAULT_FIELDS

# The order is that of the keys that the pairs are written with. Sorted before they are grouped: the planner takes most
# pairs for repeats, and would group them in each of its processes for nothing.
PAIRS = """
CREATE UNLOGGED TABLE catalog_pair AS
SELECT row_number() OVER (ORDER BY a_id, b_id) AS number, a_id, b_id, count(*) AS n{more}
FROM (
    SELECT least(a, b) AS a_id, greatest(a, b) AS b_id{named}{field}
    FROM (
        SELECT a, other.id AS b{field}
        FROM (
            SELECT own.id AS a, {candidate}
            FROM catalog_staged_product line JOIN distillation_product own USING (asin){candidates}
            WHERE line.candidates <> ''
        ) AS candidate JOIN distillation_product other USING (asin)
        UNION ALL
        SELECT own.id, other.id{of_pairs}
        FROM catalog_staged_cobuy JOIN distillation_product own ON own.asin = asin_a
             JOIN distillation_product other ON other.asin = asin_b
    ) AS directed
    ORDER BY 1, 2
) AS undirected
GROUP BY a_id, b_id
"""
# Where all candidates come from one field, it is not carried through the sort of them all.
ONE_FIELD = {
    "field": "",
    "candidate": "unnest(string_to_array(line.candidates, ' ')) AS asin",
    "candidates": "",
    "of_pairs": "",
}
FIELDS = {
    "field": ", field",
    "candidate": "split_part(one, ':', 1) AS asin, coalesce(nullif(split_part(one, ':', 2), '')::int, 1) AS field",
    "candidates": "\n                 CROSS JOIN LATERAL unnest(string_to_array(line.candidates, ' ')) AS one",
    "of_pairs": ", 0",
}
ALL_FIELDS = ", bit_or(field) AS fields"
NAMED = ", a < b AS is_named_by_a"
RECIPROCAL = ", bool_or(is_named_by_a) AND NOT bool_and(is_named_by_a) AS reciprocal"

ONE_SIDED = "DELETE FROM catalog_pair WHERE NOT reciprocal"

# The order by digest is a seeded shuffle: the same for the same ASINs, whatever the ids and the order of the files.
SHUFFLE = """
CREATE TEMP TABLE catalog_shuffle (a_id bigint, b_id bigint, digest text)
"""
FILL_SHUFFLE = """
INSERT INTO catalog_shuffle
SELECT a_id, b_id, md5(%s::text || ' ' || least(a.asin, b.asin) || ' ' || greatest(a.asin, b.asin))
FROM catalog_pair JOIN distillation_product a ON a.id = a_id JOIN distillation_product b ON b.id = b_id
"""

# A pair stays if it is among the first K, in shuffled order, of both its products.
BEYOND_MAX = """
WITH ranked AS (
    SELECT a_id, b_id, row_number() OVER (PARTITION BY product_id ORDER BY digest) AS place
    FROM catalog_shuffle CROSS JOIN LATERAL (VALUES (a_id), (b_id)) AS ends (product_id)
), beyond AS (
    SELECT DISTINCT a_id, b_id FROM ranked WHERE place > %s
)
DELETE FROM catalog_pair pair USING beyond WHERE pair.a_id = beyond.a_id AND pair.b_id = beyond.b_id
"""

NOT_DRAWN = """
DELETE FROM catalog_pair pair
USING (
    SELECT a_id, b_id FROM catalog_shuffle JOIN catalog_pair USING (a_id, b_id) ORDER BY digest OFFSET %s
) AS rest
WHERE pair.a_id = rest.a_id AND pair.b_id = rest.b_id
"""

# Numbered here and not by the sequence, so that an import killed and resumed gives the same ids.
INSERT = """
INSERT INTO distillation_cobuy (id, a_id, b_id, first_import_id, fields)
SELECT (SELECT COALESCE(max(id), 0) FROM distillation_cobuy) + number, a_id, b_id, %(import)s, {fields}
FROM catalog_pair pair{where}
"""
IF_NEW = """
WHERE NOT EXISTS (SELECT FROM distillation_cobuy known WHERE known.a_id = pair.a_id AND known.b_id = pair.b_id)
"""

# What is new of co-buys that were there: that they belong to this data set too, or that another field names them.
KNOWN = """
CREATE TEMP TABLE catalog_known AS
SELECT known.id, (known.fields | {fields})::smallint AS fields, known.fields | {fields} <> known.fields AS is_renamed,
       known.first_import_id IS NULL OR known.first_import_id <> ALL(%(imports)s) AS is_again
FROM catalog_pair pair JOIN distillation_cobuy known USING (a_id, b_id)
WHERE known.first_import_id IS NULL OR known.first_import_id <> ALL(%(imports)s)
   OR known.fields | {fields} <> known.fields
"""
UPDATE_FIELDS = """
UPDATE distillation_cobuy cobuy SET fields = known.fields FROM catalog_known known
WHERE known.id = cobuy.id AND is_renamed
"""
INSERT_AGAIN = """
INSERT INTO distillation_cobuyagain (data_set_id, cobuy_id)
SELECT %(data_set)s, id FROM catalog_known WHERE is_again ORDER BY id ON CONFLICT DO NOTHING
"""


def cobuys_write(cursor: CursorWrapper, job: Job) -> None:
    account = job.account
    pairs = _pairs_find(cursor, job) - _pairs_choose(cursor, job)
    cursor.execute("LOCK TABLE distillation_cobuy IN SHARE ROW EXCLUSIVE MODE")
    plan_for(cursor, pairs)
    large = is_large_first(cursor, "distillation_cobuy", pairs)
    with indexes_aside(cursor, "distillation_cobuy") if large else nullcontext():
        # Nothing is there in an empty table, but to look for it would cost a hash of each pair.
        cursor.execute(INSERT.format(fields=_fields(job), where="" if large else IF_NEW), job.of_data_set)
        account.cobuys_new = cursor.rowcount
    account.cobuys_already_stored = pairs - account.cobuys_new
    if account.cobuys_already_stored:
        _known_note(cursor, job)
    sequence_follow(cursor, "distillation_cobuy")
    cursor.execute("ANALYZE distillation_cobuy")


def _fields(job: Job) -> str:
    """SQL: the fields that name a pair, as bits."""
    return "pair.fields" if _has_several(job) else "0" if job.request.form.is_strict else "1"


def _has_several(job: Job) -> bool:
    request = job.request
    return not request.form.is_strict and (request.cobuys is not None or request.cobuy_fields != DEFAULT_FIELDS)


def _known_note(cursor: CursorWrapper, job: Job) -> None:
    cursor.execute(KNOWN.format(fields=_fields(job)), job.of_data_set)
    cursor.execute(UPDATE_FIELDS)
    cursor.execute(INSERT_AGAIN, job.of_data_set)
    cursor.execute("DROP TABLE catalog_known")


def _pairs_find(cursor: CursorWrapper, job: Job) -> int:
    account = job.account
    # Most pairs are met once: sorting them all beats hashing them, and hashed ones would have to be sorted anyway.
    cursor.execute("SET LOCAL enable_hashagg = off; SET LOCAL enable_memoize = off")
    # On all cores: to hand the pairs over to the one that writes them costs less than the planner takes it for.
    cursor.execute("SET LOCAL parallel_tuple_cost = 0.01")
    plan_for(cursor, job.row.progress["staged"])
    several = _has_several(job)
    more = (ALL_FIELDS if several else "") + (RECIPROCAL if job.request.reciprocal_only else "")
    named = NAMED if job.request.reciprocal_only else ""
    cursor.execute(PAIRS.format(more=more, named=named, **(FIELDS if several else ONE_FIELD)))
    cursor.execute("SELECT COALESCE(sum(n), 0), count(*) FROM catalog_pair")
    known, pairs = map(int, cursor.fetchone())
    unknown = account.candidates - sum(account.candidates_left_out.values()) - known
    account.leave_out_candidates("of a product that is not known", unknown)
    account.leave_out_candidates("the same pair again", known - pairs)
    return pairs


def _pairs_choose(cursor: CursorWrapper, job: Job) -> int:
    """How many the options leave out."""
    request, before = job.request, sum(job.account.candidates_left_out.values())
    if request.reciprocal_only:
        _leave_out(cursor, job, ONE_SIDED, [], "named by one of the two products only")
    if request.max_per_product or request.sample:
        cursor.execute(SHUFFLE)
        cursor.execute(FILL_SHUFFLE, [request.seed])
        if request.max_per_product:
            _leave_out(cursor, job, BEYOND_MAX, [request.max_per_product], "beyond the most for one product")
        if request.sample:
            _leave_out(cursor, job, NOT_DRAWN, [request.sample], "not drawn into the sample")
        cursor.execute("DROP TABLE catalog_shuffle")
    return sum(job.account.candidates_left_out.values()) - before


def _leave_out(cursor: CursorWrapper, job: Job, statement: str, parameters: list[int], reason: str) -> None:
    cursor.execute(statement, parameters)
    job.account.leave_out_candidates(reason, cursor.rowcount)
