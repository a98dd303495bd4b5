"""Before a named row is made or renamed: whether its fields will do, and that nobody takes its name meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model

from common.refusals import Refused

Row = TypeVar("Row", bound=Model)


def fields_refused(row: Model, error: ValidationError) -> str:
    """What `clean_fields` found, in one line: each field, what it has, and why that can't be."""
    lines = (f"{field} {getattr(row, field)!r}: {' '.join(words)}" for field, words in error.message_dict.items())
    return "; ".join(lines)


def name_lock(what: str, name: str) -> None:
    """Until the transaction ends: of two that make a row of one name, the second finds the first one's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [what, name])


def row_rename(row: Row, name: str, *, lock: str, refused: type[Refused]) -> str:
    """Give it another name, checked as a new one's is; the name before, or "" where it stays. In a transaction; `lock`
    is what `name_lock` is told where such rows are made."""
    before, name = row.name, name.strip()  # type: ignore[attr-defined]
    if name == before:
        return ""
    renamed = copy(row)
    renamed.name = name  # type: ignore[attr-defined]
    try:
        renamed.clean_fields(exclude=[field.name for field in row._meta.fields if field.name != "name"])
    except ValidationError as error:
        raise refused(fields_refused(renamed, error)) from error
    name_lock(lock, name)
    rows = type(row)._default_manager
    if name == "new" or rows.filter(name=name).exists():
        raise refused(f"The name {name} is taken; choose another")
    rows.filter(pk=row.pk).update(name=name)
    row.name = name  # type: ignore[attr-defined]
    return str(before)


def row_going_on(
    new: Row, *, but: Sequence[str], asked: Callable[[Row], Mapping[str, Any]], refused: type[Refused]
) -> Row | None:
    """The row of this name that is there already, and goes on: what was asked for is what it was made with. None where
    `new` is to be saved. To be called in a transaction; `but` are fields that hold nothing yet."""
    try:
        new.clean_fields(exclude=but)
    except ValidationError as error:
        raise refused(fields_refused(new, error)) from error
    name = new.name  # type: ignore[attr-defined]
    name_lock(new._meta.db_table, name)
    there = type(new)._default_manager.filter(name=name).first()
    if there is None:
        return None
    made_with = asked(there)
    for what, wanted in asked(new).items():
        if made_with.get(what) != wanted:
            told = f"{name} is there with {what} {made_with.get(what)}, not {wanted}"
            raise refused(f"{type(new).__name__} {told}: give the new one another name")
    return there
