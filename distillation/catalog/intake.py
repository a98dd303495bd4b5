"""Catalog in: products, co-buys and pictures, checked whole and then written whole."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from distillation.catalog.account import CatalogAccount
from distillation.catalog.folder import Found, PictureFolder
from distillation.catalog.records import CatalogError, CoBuyRecord, ProductRecord
from distillation.catalog.staging import rows_drop, rows_stage
from distillation.models import Picture

Say = Callable[[str], None]

PAGE = 500

COUNTS = """
SELECT (SELECT count(*) FROM product_row), (SELECT count(*) FROM incoming_product), (SELECT count(*) FROM cobuy_row)
"""

# An empty category and a picture not found say nothing against what an earlier import has brought.
UPDATE_PRODUCTS = """
UPDATE distillation_product known
SET title = next.title, category = next.category, picture_id = next.picture_id, picture_problem = next.problem
FROM (
    SELECT known.id, incoming.title,
           COALESCE(NULLIF(incoming.category, ''), known.category) AS category,
           COALESCE(found.picture_id, known.picture_id) AS picture_id,
           CASE WHEN known.picture_id IS NULL THEN COALESCE(found.problem, known.picture_problem) ELSE '' END AS problem
    FROM incoming_product incoming JOIN distillation_product known USING (asin)
         LEFT JOIN incoming_picture found USING (asin)
) next
WHERE next.id = known.id
  AND (known.title, known.category, known.picture_id, known.picture_problem)
      IS DISTINCT FROM (next.title, next.category, next.picture_id, next.problem)
"""

INSERT_PRODUCTS = """
INSERT INTO distillation_product (asin, title, category, picture_id, picture_problem)
SELECT asin, title, category, picture_id, COALESCE(problem, 'no picture given')
FROM incoming_product LEFT JOIN incoming_picture USING (asin)
WHERE NOT EXISTS (SELECT FROM distillation_product known WHERE known.asin = incoming_product.asin)
ORDER BY n
"""

INSERT_COBUYS = """
WITH pairs AS (
    SELECT least(a.id, b.id) AS a_id, greatest(a.id, b.id) AS b_id, min(n) AS n,
           bool_or(a.picture_id IS NULL OR b.picture_id IS NULL) AS lacks_picture
    FROM cobuy_row JOIN distillation_product a ON a.asin = asin_a JOIN distillation_product b ON b.asin = asin_b
    GROUP BY 1, 2
), written AS (
    INSERT INTO distillation_cobuy (a_id, b_id) SELECT a_id, b_id FROM pairs ORDER BY n
    ON CONFLICT (a_id, b_id) DO NOTHING
    RETURNING id
)
SELECT count(*), (SELECT count(*) FROM written), count(*) FILTER (WHERE lacks_picture) FROM pairs
"""


def catalog_import(
    *,
    products: Iterable[ProductRecord],
    cobuys: Iterable[CoBuyRecord] = (),
    images: Path | None = None,
    say: Say = lambda line: None,
) -> CatalogAccount:
    """All or nothing; only picture files, which are addressed by their content, may outlive a refused import."""
    with transaction.atomic(), connection.cursor() as cursor:
        _refuse_second_import(cursor)
        rows_stage(cursor, products, cobuys)
        account = _counted(cursor)
        say(f"{account.product_rows:,} product rows and {account.cobuy_rows:,} co-buy rows read, no contradictions")
        if images:
            _pictures_store(cursor, PictureFolder(images), account, say)
        else:
            account.pictures_missing = account.products
        _products_write(cursor, account)
        _cobuys_write(cursor, account)
        rows_drop(cursor)
    return account


def _refuse_second_import(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('catalog_import'))")
    if not cursor.fetchone()[0]:
        raise CatalogError("another import into this database is running; start this one when that has ended")


def _counted(cursor: CursorWrapper) -> CatalogAccount:
    cursor.execute(COUNTS)
    rows, products, cobuy_rows = cursor.fetchone()
    return CatalogAccount(
        product_rows=rows, products=products, products_repeated=rows - products, cobuy_rows=cobuy_rows
    )


def _pictures_store(cursor: CursorWrapper, folder: PictureFolder, account: CatalogAccount, say: Say) -> None:
    bad: Counter[str] = Counter()
    last, done = "", 0
    while True:
        cursor.execute("SELECT asin, image FROM incoming_product WHERE asin > %s ORDER BY asin LIMIT %s", [last, PAGE])
        wanted = cursor.fetchall()
        if not wanted:
            break
        found = list(folder.find_all(wanted))
        _page_write(cursor, found, account)
        account.pictures_missing += sum(one.is_missing for one in found)
        bad.update(one.problem for one in found if one.problem and not one.is_missing)
        last, done = wanted[-1][0], done + len(wanted)
        say(f"pictures: {done:,} of {account.products:,} products")
    account.pictures_bad = dict(bad)


def _page_write(cursor: CursorWrapper, found: list[Found], account: CatalogAccount) -> None:
    pictures = {one.picture.digest: one.picture for one in found if one.picture}
    known = set(Picture.objects.filter(digest__in=pictures).values_list("digest", flat=True))
    Picture.objects.bulk_create(
        [picture for digest, picture in pictures.items() if digest not in known], ignore_conflicts=True
    )
    ids = dict(Picture.objects.filter(digest__in=pictures).values_list("digest", "id"))
    account.pictures_stored += len(pictures) - len(known)
    account.pictures_already_stored += sum(one.picture is not None for one in found) - len(pictures) + len(known)
    with cursor.copy("COPY incoming_picture FROM STDIN") as copy:
        for one in found:
            copy.write_row((one.asin, one.picture and ids[one.picture.digest], one.problem))


def _products_write(cursor: CursorWrapper, account: CatalogAccount) -> None:
    cursor.execute(UPDATE_PRODUCTS)
    account.products_updated = cursor.rowcount
    cursor.execute(INSERT_PRODUCTS)
    account.products_new = cursor.rowcount
    account.products_unchanged = account.products - account.products_new - account.products_updated


def _cobuys_write(cursor: CursorWrapper, account: CatalogAccount) -> None:
    cursor.execute(INSERT_COBUYS)
    pairs, account.cobuys_new, account.cobuys_without_pictures = cursor.fetchone()
    account.cobuys_already_stored = pairs - account.cobuys_new
    account.cobuys_repeated = account.cobuy_rows - pairs
