"""The rows of an intention file in a table of the transaction's own, and where each of them belongs."""

from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

from distillation.intentions.account import IntentionAccount
from distillation.intentions.records import IntentionRecord
from distillation.runs.services import MOST_SAMPLES

# An outer transaction may import twice, so they are not always gone yet. The database finds the words for the search
# (as migration 0019 has them) while the next rows are read here.
STAGED = """
DROP TABLE IF EXISTS intention_staged, intention_placed, intention_sampled, intention_numbered;
CREATE TEMP TABLE intention_staged (
    place bigint, asin_a text, asin_b text, relation text, text text, raw text, yes boolean, p_yes float8, reason text,
    answer text, title_a text, title_b text, category_a text, category_b text,
    words tsvector GENERATED ALWAYS AS (to_tsvector('english', left(text, 50000))) STORED
) WITH (toast_tuple_target = 8160) ON COMMIT DROP
"""

# A product without a title goes by its ASIN. The first row that names one decides.
CREATE_PRODUCTS = """
INSERT INTO distillation_product (asin, title, category, picture_problem)
SELECT asin, coalesce(nullif(title, ''), asin), category, 'none was given with the intentions'
FROM (
    SELECT DISTINCT ON (asin) asin, title, category, place
    FROM (
        SELECT asin, title, category, min(place) AS place
        FROM intention_staged CROSS JOIN LATERAL (
            VALUES (asin_a, title_a, category_a), (asin_b, title_b, category_b)
        ) AS ends (asin, title, category)
        GROUP BY asin, title, category
    ) AS once
    ORDER BY asin, title = '', place
) AS named
WHERE NOT EXISTS (SELECT FROM distillation_product known WHERE known.asin = named.asin)
ORDER BY place, asin
ON CONFLICT DO NOTHING
"""
CREATE_COBUYS = """
INSERT INTO distillation_cobuy (a_id, b_id)
SELECT DISTINCT least(a.id, b.id), greatest(a.id, b.id)
FROM intention_staged s
JOIN distillation_product a ON a.asin = s.asin_a JOIN distillation_product b ON b.asin = s.asin_b
ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""

# `turn` is over 1 for the same words again, which are known by their digest: sorting by it is cheap.
PLACED = """
CREATE TEMP TABLE intention_placed ON COMMIT DROP AS
SELECT place, yes, p_yes, cobuy.id AS cobuy_id, a.id IS NOT NULL AND b.id IS NOT NULL AS known,
       row_number() OVER same AS turn, first_value(yes) OVER same AS first_yes, first_value(p_yes) OVER same AS first_p,
       s.relation
FROM intention_staged s
LEFT JOIN distillation_product a ON a.asin = s.asin_a
LEFT JOIN distillation_product b ON b.asin = s.asin_b
LEFT JOIN distillation_cobuy cobuy ON cobuy.a_id = least(a.id, b.id) AND cobuy.b_id = greatest(a.id, b.id)
WINDOW same AS (
    PARTITION BY md5(concat_ws(' ', least(asin_a, asin_b), greatest(asin_a, asin_b), s.relation, text))::uuid
    ORDER BY place
)
"""
SAMPLED = """
CREATE TEMP TABLE intention_sampled ON COMMIT DROP AS
SELECT place, cobuy_id, relation, row_number() OVER (PARTITION BY cobuy_id, relation ORDER BY place) - 1 AS sample, yes
FROM intention_placed WHERE cobuy_id IS NOT NULL AND turn = 1
"""
BEYOND = "DELETE FROM intention_sampled WHERE sample >= %s"
LEFT_OUT = """
SELECT CASE WHEN NOT known THEN 'a product is not in the catalog'
            WHEN cobuy_id IS NULL THEN 'the products are no co-buy of the catalog'
            WHEN (yes, p_yes) IS DISTINCT FROM (first_yes, first_p) THEN 'repeated with another verdict'
            ELSE 'repeated word for word' END, count(*)
FROM intention_placed WHERE NOT known OR cobuy_id IS NULL OR turn > 1 GROUP BY 1
"""


def intentions_stage(cursor: CursorWrapper, records: Iterable[IntentionRecord]) -> None:
    cursor.execute(STAGED)
    with cursor.copy("COPY intention_staged FROM STDIN") as copy:
        for record in records:
            copy.write_row(record)
    # The other columns are wide, and joined by nobody.
    cursor.execute("ANALYZE intention_staged (place, asin_a, asin_b, relation)")


def intentions_place(cursor: CursorWrapper, account: IntentionAccount, *, create: bool) -> None:
    if create:
        cursor.execute(CREATE_PRODUCTS)
        account.products_created = cursor.rowcount
        cursor.execute(CREATE_COBUYS)
        account.cobuys_created = cursor.rowcount
    cursor.execute(PLACED)
    cursor.execute(LEFT_OUT)
    for reason, count in cursor.fetchall():
        account.leave_out(reason, count)
    cursor.execute(SAMPLED)
    cursor.execute(BEYOND, [MOST_SAMPLES])
    account.leave_out(f"more than {MOST_SAMPLES:,} for one co-buy and relation", cursor.rowcount)
    cursor.execute("ANALYZE intention_sampled")
    cursor.execute("SELECT count(*), count(yes) FROM intention_sampled")
    account.written, account.verdicts = cursor.fetchone()
