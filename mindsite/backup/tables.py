"""What a database holds, in a number of rows and a digest for each table: equal digests, equal rows."""

from django.db import connection
from psycopg import sql

TEXTS = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 1; SET LOCAL jit = off"
# Rows in any order: the sum of a part of each row's MD5.
DIGEST = """
SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text FROM {} AS t
"""
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname
"""

Digests = dict[str, list]  # of each table: rows, and the digest as text


def tables_digest() -> Digests:
    """In the transaction that is open."""
    with connection.cursor() as cursor:
        cursor.execute(TEXTS)
        cursor.execute(TABLES)
        found: Digests = {}
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL(DIGEST).format(sql.Identifier("public", name)))
            found[name] = list(cursor.fetchone())
        return found


def differences(expected: Digests, found: Digests) -> list[str]:
    told = []
    for name in sorted(expected.keys() | found.keys()):
        wanted, there = expected.get(name), found.get(name)
        if wanted != there:
            rows = [f"{each[0]:,} rows" if each else "no such table" for each in (wanted, there)]
            told.append(
                f"{name}: {rows[0]} in the backup, {rows[1]} here" + (", not the same" if rows[0] == rows[1] else "")
            )
    return told
