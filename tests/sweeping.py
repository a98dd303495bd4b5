"""Tests take back all rows that they made, but not the room these took: it grows until plans and scans go by it."""

from django.db.backends.utils import CursorWrapper

ROOM = 16 * 8192  # bytes of a table that is worth a look

GROWN = """
    SELECT oid::regclass FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND (relpages > 0 OR pg_relation_size(oid) > %s)
"""


def swept(cursor: CursorWrapper) -> None:
    cursor.execute(GROWN, [ROOM])
    if names := [name for (name,) in cursor.fetchall()]:
        cursor.execute(f"VACUUM {', '.join(names)}")
