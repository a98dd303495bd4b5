"""An import's rows in temporary tables: checks and writes are one statement each, however many rows there are."""

from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

from distillation.catalog.records import CatalogError, CoBuyRecord, ProductRecord

TABLES = """
CREATE TEMP TABLE product_row (
    n bigint GENERATED ALWAYS AS IDENTITY, source text, line bigint, asin text, title text, category text, image text
);
CREATE TEMP TABLE cobuy_row (
    n bigint GENERATED ALWAYS AS IDENTITY, source text, line bigint, asin_a text, asin_b text
);
CREATE TEMP TABLE incoming_picture (asin text, picture_id bigint, problem text)
"""

# Of rows that say the same, the first stands for all.
INCOMING = """
CREATE TEMP TABLE incoming_product AS SELECT DISTINCT ON (asin) * FROM product_row ORDER BY asin, n;
CREATE UNIQUE INDEX ON incoming_product (asin);
ANALYZE product_row, cobuy_row, incoming_product
"""

CONFLICT = """
SELECT later.source, later.line, later.asin, earlier.source, earlier.line,
       later.title, earlier.title, later.category, earlier.category, later.image, earlier.image
FROM product_row later JOIN incoming_product earlier USING (asin)
WHERE (later.title, later.category, later.image) <> (earlier.title, earlier.category, earlier.image)
ORDER BY later.n LIMIT 1
"""

UNKNOWN = """
SELECT source, line, asin
FROM cobuy_row CROSS JOIN LATERAL (VALUES (asin_a), (asin_b)) AS ends (asin)
WHERE NOT EXISTS (SELECT FROM incoming_product p WHERE p.asin = ends.asin)
  AND NOT EXISTS (SELECT FROM distillation_product p WHERE p.asin = ends.asin)
ORDER BY n LIMIT 1
"""


def rows_stage(cursor: CursorWrapper, products: Iterable[ProductRecord], cobuys: Iterable[CoBuyRecord]) -> None:
    """Read the whole input; raises CatalogError at the first row that cannot stand."""
    cursor.execute(TABLES)
    _copy(cursor, "COPY product_row (source, line, asin, title, category, image) FROM STDIN", products)
    _copy(cursor, "COPY cobuy_row (source, line, asin_a, asin_b) FROM STDIN", cobuys)
    cursor.execute(INCOMING)
    _refuse_conflict(cursor)
    _refuse_unknown(cursor)


def rows_drop(cursor: CursorWrapper) -> None:
    cursor.execute("DROP TABLE product_row, cobuy_row, incoming_product, incoming_picture")


def _copy(cursor: CursorWrapper, statement: str, records: Iterable[tuple]) -> None:
    with cursor.copy(statement) as copy:
        for record in records:
            copy.write_row(record)


def _refuse_conflict(cursor: CursorWrapper) -> None:
    cursor.execute(CONFLICT)
    if conflict := cursor.fetchone():
        source, line, asin, first_source, first_line, *values = conflict
        pairs = zip(("title", "category", "image"), values[::2], values[1::2], strict=True)
        name, here, there = next(pair for pair in pairs if pair[1] != pair[2])
        where = f"line {first_line}" if first_source == source else f"{first_source}, line {first_line}"
        raise CatalogError(
            f'{source}, line {line}: {asin} has the {name} "{here}", but on {where} "{there}"; keep one of the two rows'
        )


def _refuse_unknown(cursor: CursorWrapper) -> None:
    cursor.execute(UNKNOWN)
    if unknown := cursor.fetchone():
        source, line, asin = unknown
        raise CatalogError(
            f"{source}, line {line}: {asin} is neither in the product files nor in the database; "
            "add the product or remove the row"
        )
