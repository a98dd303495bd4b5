"""Where a word stands: in any row of any table of the database, as text."""

from django.db import connection


def tables_with(word: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for name in tables:
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{name}" t WHERE t::text ILIKE %s)', [f"%{word}%"])
            found += [name] if cursor.fetchone()[0] else []
    return found
