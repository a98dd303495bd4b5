"""Before a named row is made: whether its fields will do, and that nobody makes one of the same name meanwhile."""

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model


def fields_refused(row: Model, error: ValidationError) -> str:
    """What `clean_fields` found, in one line: each field, what it has, and why that can't be."""
    lines = (f"{field} {getattr(row, field)!r}: {' '.join(words)}" for field, words in error.message_dict.items())
    return "; ".join(lines)


def name_lock(what: str, name: str) -> None:
    """Until the transaction ends: of two that make a row of one name, the second finds the first one's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [what, name])
