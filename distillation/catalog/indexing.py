"""A large first import fills its empty tables bare and indexes them after: several times as quick as row by row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from django.db import connection
from django.db.backends.utils import CursorWrapper

from distillation.models import Product

# Below this the detour costs more than it saves.
LARGE = 50_000
MANY = 1_000

# The primary key stays, for other tables refer to it; rows come in its order anyway.
ASIDE = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), conname, pg_get_constraintdef(c.oid)
FROM pg_index LEFT JOIN pg_constraint c ON c.conindid = indexrelid AND c.contype = 'u'
WHERE indrelid = %s::regclass AND NOT indisprimary
"""


def plan_for(cursor: CursorWrapper, rows: int) -> None:
    """A nested loop over the table that is being filled would be quadratic, and an empty table invites it."""
    cursor.execute("SELECT set_config('enable_nestloop', %s, true)", ["off" if rows >= MANY else "on"])


def is_large_first(cursor: CursorWrapper, table: str, rows: int) -> bool:
    cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {table})")  # noqa: S608 - our own name
    return rows >= LARGE and cursor.fetchone()[0]


@contextmanager
def indexes_aside(cursor: CursorWrapper, table: str, skip: str = "") -> Iterator[None]:
    """Readers wait meanwhile, for a table with nothing in it. The index `skip` is left for later."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index can be made while checks are owed
    cursor.execute(ASIDE, [table])
    indexes = cursor.fetchall()
    for name, _, constraint, _ in indexes:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if constraint else f"DROP INDEX {name}")
    yield
    for name, definition, constraint, terms in indexes:
        if name != skip:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {terms}" if constraint else definition)


TITLE_WORDS = next(index for index in Product._meta.indexes if index.name == "product_title_words")


@contextmanager
def title_words_indexed() -> Iterator[None]:
    """Makes the index on titles, where it is missing, beside what goes on in the block: it needs one processor."""
    errors: list[Exception] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [TITLE_WORDS.name])
        is_missing = cursor.fetchone()[0]
    maker = Thread(target=_make_title_words, args=[errors.append])
    if is_missing:
        maker.start()
    try:
        yield
    finally:
        if is_missing:
            maker.join()
    if errors:
        raise errors[0]


def _make_title_words(fail: Callable[[Exception], None]) -> None:
    try:
        with connection.schema_editor() as editor:
            editor.execute("SET LOCAL maintenance_work_mem = '256MB'")
            editor.add_index(Product, TITLE_WORDS)
    except Exception as error:  # raised again where the block ends
        fail(error)
    finally:
        connection.close()
