"""The test databases' tables, made once: by the first of the workers, and not again until a migration changes."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

PLACE = Path(settings.BASE_DIR)
OURS = f"mindsite_tables_{hashlib.sha256(str(PLACE).encode()).hexdigest()[:8]}_"  # a checkout's

# Outside the tests' transactions every table is empty. Once that is on record the planner takes a join of five for one
# of no rows, and for minutes it may try every row against every other: on a slow machine, where it comes round in time.
NO_AUTOVACUUM = """
    DO $$ DECLARE name regclass; BEGIN
        FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
            EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', name);
        END LOOP;
    END $$
"""


def template_name() -> str:
    """Another one for other migrations, and for other versions of what brings its own."""
    made_of = hashlib.sha256(repr([version(name) for name in ("Django", "django-axes")]).encode())
    for path in sorted(PLACE.glob("*/migrations/*.py")):
        made_of.update(path.read_bytes())
    return OURS + made_of.hexdigest()[:12]


def template_made() -> str:
    """Its name, once it is there. Who comes second waits for the first."""
    name = template_name()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [OURS])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [OURS])
        if (name,) not in (there := cursor.fetchall()):
            for (old,) in there:
                cursor.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}_unfinished"')
            _migrate(f"{name}_unfinished")
            cursor.execute(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')
    return name


def _migrate(name: str) -> None:
    usual = connection.settings_dict["NAME"]
    _close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
        with connection.cursor() as cursor:
            cursor.execute(NO_AUTOVACUUM)
    finally:
        _close()
        connection.settings_dict["NAME"] = usual


def _close() -> None:
    connection.close()
    connection.close_pool()
