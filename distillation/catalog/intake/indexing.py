"""A large first import fills its empty tables bare; their keys come back with the rows, their other indexes after it.

Which indexes are owed is a matter of rows that come and go together with them: a kill loses none and makes none twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from distillation.models import OwedIndex, Product

# Below this the detour costs more than it saves.
LARGE = 50_000
MANY = 1_000

# Foreign keys to the table come first, for they hang on its primary key.
KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE confrelid = %(table)s::regclass OR conrelid = %(table)s::regclass AND contype IN ('p', 'u')
ORDER BY confrelid <> %(table)s::regclass, conname
"""
# With how closely PostgreSQL looks at what is in them, which no definition tells.
INDEXES = """
SELECT indexrelid::regclass::text,
       regexp_replace(pg_get_indexdef(indexrelid), ' INDEX ', ' INDEX IF NOT EXISTS ') || COALESCE((
           SELECT string_agg(format('; ALTER INDEX %%s ALTER %%s SET STATISTICS %%s',
                                    attrelid::regclass, attnum, attstattarget), '')
           FROM pg_attribute WHERE attrelid = indexrelid AND attstattarget >= 0
       ), '')
FROM pg_index WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY indexrelid
"""


def plan_for(cursor: CursorWrapper, rows: int) -> None:
    """A nested loop over the table that is being filled would be quadratic, and an empty table invites it."""
    cursor.execute("SELECT set_config('enable_nestloop', %s, true)", ["off" if rows >= MANY else "on"])


def is_large_first(cursor: CursorWrapper, table: str, rows: int) -> bool:
    cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {table})")  # noqa: S608 - our own name
    return rows >= LARGE and cursor.fetchone()[0]


@contextmanager
def indexes_aside(cursor: CursorWrapper, table: str) -> Iterator[None]:
    """Readers wait meanwhile, for a table with nothing in it, and so do those of tables that refer to it."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index can be made while checks are owed
    cursor.execute(KEYS, {"table": table})
    keys = cursor.fetchall()
    for holder, name, _ in keys:
        cursor.execute(f"ALTER TABLE {holder} DROP CONSTRAINT {name}")
    cursor.execute(INDEXES, [table])
    for name, definition in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
        OwedIndex.objects.get_or_create(definition=definition)
    # A table emptied in this very transaction is written once, not into the log as well, where nothing replicates.
    cursor.execute(f"TRUNCATE {table}")
    yield
    for holder, name, terms in reversed(keys):
        cursor.execute(f"ALTER TABLE {holder} ADD CONSTRAINT {name} {terms}")


@contextmanager
def filled_bare(cursor: CursorWrapper, table: str, rows: int) -> Iterator[None]:
    """Where many rows are the first: keys and indexes are made behind them, before the transaction ends."""
    if not is_large_first(cursor, table, rows):
        yield
        return
    cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    if not is_large_first(cursor, table, rows):  # somebody was quicker
        yield
        return
    plan_for(cursor, rows)
    with indexes_aside(cursor, table):
        yield
    indexes_make()


@contextmanager
def keys_known() -> Iterator[None]:
    """Within a transaction that has locked the rows referred to and joins to them: PostgreSQL would look up each key
    once more, which takes as long as writing the row. Triggers rest meanwhile. Where the database's user may not say
    so, as on a rented server, it looks them up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        may = cursor.fetchone() == (True,)
        if may:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        if may:
            cursor.execute("SET LOCAL session_replication_role = origin")


def indexes_owed() -> bool:
    return OwedIndex.objects.exists()


def indexes_make(say: Callable[[str], None] = lambda line: None, *, wait: bool = True) -> None:
    """All that are owed; without `wait`, unless somebody else is making them just now."""
    while name := _index_make(wait):
        say(f"{name}: made")


def _index_make(wait: bool) -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_{'' if wait else 'try_'}advisory_xact_lock(hashtext('owed_index'))")
        is_free = cursor.fetchone()[0] is not False  # the one that waits returns nothing
        owed = OwedIndex.objects.order_by("pk").first() if is_free else None
        if owed is None:
            return ""
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute(owed.definition)
        owed.delete()
        if not indexes_owed():
            cursor.execute(f"ANALYZE {Product._meta.db_table}")
        return owed.name
