"""What a table has beside its rows."""

from django.db import connection

_DEFINED = """
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %(table)s
UNION SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE %(table)s::regclass IN (conrelid, confrelid)
"""


def defined(table: str) -> set[tuple[str, str]]:
    """Its indexes and keys, and the keys that lead to it."""
    with connection.cursor() as cursor:
        cursor.execute(_DEFINED, {"table": table})
        return set(cursor.fetchall())
