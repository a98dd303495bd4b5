"""Staged products into the catalog, a statement for each check and write, however many there are."""

from contextlib import nullcontext

from django.db.backends.utils import CursorWrapper

from distillation.catalog.intake.indexing import indexes_aside, is_large_first, keys_known, plan_for
from distillation.catalog.intake.job import Job
from distillation.catalog.intake.staging import place_named
from distillation.catalog.readers.cleaning import PLACEHOLDER
from distillation.catalog.readers.records import CatalogError
from distillation.models import PictureSource

CONFLICT = """
SELECT later.place, later.asin, earlier.place,
       later.title, earlier.title, later.category, earlier.category,
       later.image, earlier.image, later.price::text, earlier.price::text
FROM catalog_staged_product later
     JOIN (SELECT DISTINCT ON (asin) * FROM catalog_staged_product ORDER BY asin, place) earlier USING (asin)
WHERE (later.title, later.category, later.image, later.price)
      IS DISTINCT FROM (earlier.title, earlier.category, earlier.image, earlier.price)
ORDER BY later.place LIMIT 1
"""

UNKNOWN = """
SELECT place, asin
FROM catalog_staged_cobuy CROSS JOIN LATERAL (VALUES (asin_a), (asin_b)) AS ends (asin)
WHERE NOT EXISTS (SELECT FROM catalog_staged_product p WHERE p.asin = ends.asin)
  AND NOT EXISTS (SELECT FROM distillation_product p WHERE p.asin = ends.asin)
ORDER BY place LIMIT 1
"""

# Of the lines for one product the last stands.
REMOVE_EARLIER = """
WITH last AS (
    SELECT asin, max(place) AS place FROM catalog_staged_product GROUP BY asin HAVING count(*) > 1
), earlier AS (
    DELETE FROM catalog_staged_product line USING last
    WHERE line.asin = last.asin AND line.place < last.place
    RETURNING line.*
)
SELECT count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same), COALESCE(sum(n), 0)
FROM (
    SELECT (e.title, e.category, e.image, e.price, e.candidates)
           IS NOT DISTINCT FROM (l.title, l.category, l.image, l.price, l.candidates) AS same,
           cardinality(string_to_array(e.candidates, ' ')) AS n
    FROM earlier e JOIN last USING (asin) JOIN catalog_staged_product l ON l.place = last.place
) AS removed
"""

INSERT_SOURCES = """
INSERT INTO distillation_picturesource (digest, url, state, reason, tries)
SELECT encode(sha256(convert_to(image, 'UTF8')), 'hex'), image, 'wanted', '', 0
FROM (SELECT image, min(place) AS place FROM catalog_staged_product WHERE image ~ '^https?://' GROUP BY image) urls
ORDER BY place
ON CONFLICT (digest) DO NOTHING
"""

# What an import has to say of each product; without pictures to fetch, no source and nothing against a known picture.
GIVEN = """
CREATE TEMP VIEW catalog_given AS
SELECT place, asin, title, category, price, source.id AS source_id, source.picture_id,
       source.state,
       CASE WHEN image = '' THEN 'no picture given'
            WHEN image = '{placeholder}' THEN '{stand_in}'
            WHEN source.state = 'failed' THEN source.reason
            WHEN source.id IS NOT NULL THEN 'not fetched yet'
            ELSE 'its picture was not asked for' END AS problem
FROM catalog_staged_product LEFT JOIN distillation_picturesource source ON {with_sources}
"""
STAND_IN = "a stand-in of the shop where it has no picture"
WITH_SOURCES = "source.digest = encode(sha256(convert_to(image, 'UTF8')), 'hex')"

# An empty category, price or picture says nothing against what an earlier import has brought.
UPDATE = """
UPDATE distillation_product known
SET title = next.title, category = next.category, price = next.price,
    picture_id = next.picture_id, picture_problem = next.problem, picture_source_id = next.source_id
FROM (
    SELECT known.id, given.title,
           COALESCE(NULLIF(given.category, ''), known.category) AS category,
           COALESCE(given.price, known.price) AS price,
           COALESCE(given.picture_id, known.picture_id) AS picture_id,
           CASE WHEN COALESCE(given.picture_id, known.picture_id) IS NOT NULL THEN ''
                WHEN given.source_id IS NOT NULL THEN given.problem
                ELSE known.picture_problem END AS problem,
           COALESCE(given.source_id, known.picture_source_id) AS source_id
    FROM catalog_given given JOIN distillation_product known USING (asin)
) next
WHERE next.id = known.id
  AND (known.title, known.category, known.price, known.picture_id, known.picture_problem, known.picture_source_id)
      IS DISTINCT FROM (next.title, next.category, next.price, next.picture_id, next.problem, next.source_id)
"""

# Numbered here and not by the sequence, so that an import killed and resumed gives the same ids.
INSERT = """
INSERT INTO distillation_product
    (id, asin, title, category, price, picture_id, picture_problem, picture_source_id, first_import_id)
SELECT (SELECT COALESCE(max(id), 0) FROM distillation_product) + row_number() OVER (ORDER BY place),
       asin, title, category, price, picture_id, CASE WHEN picture_id IS NULL THEN problem ELSE '' END, source_id,
       %(import)s
FROM catalog_given
WHERE NOT EXISTS (SELECT FROM distillation_product known WHERE known.asin = catalog_given.asin)
"""

# Those that were there already and came with none of this data set's imports.
INSERT_AGAIN = """
INSERT INTO distillation_productagain (data_set_id, product_id)
SELECT %(data_set)s, known.id FROM catalog_staged_product JOIN distillation_product known USING (asin)
WHERE known.first_import_id IS NULL OR known.first_import_id <> ALL(%(imports)s)
ON CONFLICT DO NOTHING
"""


def repeats_settle(cursor: CursorWrapper, job: Job) -> None:
    if job.request.form.is_strict:
        _refuse_conflict(cursor, job)
        if not job.request.category:
            _refuse_unknown(cursor, job)
    cursor.execute(REMOVE_EARLIER)
    same, replaced, candidates = cursor.fetchone()
    job.account.leave_out_line("repeated word for word", same)
    job.account.leave_out_line("replaced by a later line", replaced)
    job.account.leave_out_candidates("of a line repeated or replaced", int(candidates))
    job.row.progress["staged"] -= same + replaced
    cursor.execute("ANALYZE catalog_staged_product (place, asin), catalog_staged_cobuy")


def products_write(cursor: CursorWrapper, job: Job) -> None:
    account = job.account
    if job.request.download:
        cursor.execute(INSERT_SOURCES)
    with_sources = WITH_SOURCES if job.request.download else "false"
    cursor.execute(GIVEN.format(with_sources=with_sources, placeholder=PLACEHOLDER, stand_in=STAND_IN))
    cursor.execute("LOCK TABLE distillation_product IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute("SELECT count(*) FROM catalog_staged_product")
    products = cursor.fetchone()[0]
    plan_for(cursor, products)
    large = is_large_first(cursor, "distillation_product", products)
    with indexes_aside(cursor, "distillation_product") if large else nullcontext():
        cursor.execute(UPDATE)
        account.products_updated = cursor.rowcount
        with nullcontext() if job.request.download else keys_known():  # without, new ones refer to no picture
            cursor.execute(INSERT, job.of_data_set)
        account.products_new = cursor.rowcount
    account.products_unchanged = products - account.products_new - account.products_updated
    if account.products_new < products:
        cursor.execute(INSERT_AGAIN, job.of_data_set)
    if job.request.download:
        _count_sources(cursor, job)
    cursor.execute("DROP VIEW catalog_given")
    sequence_follow(cursor, "distillation_product")
    # Not the titles: their statistics are those of their index, and take long.
    cursor.execute("ANALYZE distillation_product (id, asin, category, picture_id)")


def sequence_follow(cursor: CursorWrapper, table: str) -> None:
    cursor.execute(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} HAVING max(id) IS NOT NULL"  # noqa: S608 - our own names
    )


def _count_sources(cursor: CursorWrapper, job: Job) -> None:
    account = job.account
    cursor.execute("SELECT state, problem, count(*) FROM catalog_given GROUP BY 1, 2")
    for state, problem, count in cursor.fetchall():
        match state:
            case PictureSource.State.STORED:
                account.pictures_already_stored += count
            case PictureSource.State.WANTED:
                account.pictures_wanted += count
            case PictureSource.State.FAILED:
                account.add_bad_picture(problem, count)
            case None if problem == STAND_IN:
                account.add_bad_picture(problem, count)
            case None:
                account.pictures_missing += count


def _refuse_conflict(cursor: CursorWrapper, job: Job) -> None:
    cursor.execute(CONFLICT)
    if conflict := cursor.fetchone():
        place, asin, first_place, *values = conflict
        (source, line), (first_source, first_line) = place_named(job, place), place_named(job, first_place)
        pairs = zip(("title", "category", "image", "price"), values[::2], values[1::2], strict=True)
        name, here, there = next(pair for pair in pairs if pair[1] != pair[2])
        where = f"line {first_line}" if first_source == source else f"{first_source}, line {first_line}"
        raise CatalogError(
            f'{source}, line {line}: {asin} has the {name} "{here}", but on {where} "{there}"; keep one of the two rows'
        )


def _refuse_unknown(cursor: CursorWrapper, job: Job) -> None:
    cursor.execute(UNKNOWN)
    if unknown := cursor.fetchone():
        source, line = place_named(job, unknown[0])
        raise CatalogError(
            f"{source}, line {line}: {unknown[1]} is neither in the product files nor in the database; "
            "add the product or remove the row"
        )
