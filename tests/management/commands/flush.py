"""What Django calls after each test that commits."""

from django.core.management.commands import flush
from django.db import connections, transaction

# Django's own truncates every table, filled or not, and writes all permissions anew: half a second a test. The foreign
# keys are checked when the transaction ends, so that any order will do. What many rows leave behind would slow scans;
# what takes no room on the disk has no row.
EMPTY = """
    DO $$ DECLARE name regclass; BEGIN
        FOR name IN SELECT oid FROM pg_class WHERE {ours} AND pg_relation_size(oid) > 1000000 LOOP
            EXECUTE format('TRUNCATE %s CASCADE', name);
        END LOOP;
        FOR name IN SELECT oid FROM pg_class WHERE {ours} AND pg_relation_size(oid) > 0 LOOP
            EXECUTE format('DELETE FROM %s', name);
        END LOOP;
    END $$
""".format(
    ours="relkind = 'r' AND relnamespace = 'public'::regnamespace"
    " AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')"
)


class Command(flush.Command):
    help = "Empty the tables, save those of permissions."

    def handle(self, *, database: str, **options: object) -> None:
        with transaction.atomic(using=database), connections[database].cursor() as cursor:
            cursor.execute(EMPTY)
