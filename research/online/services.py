"""An experiment in a shop: made, filled, stopped, its units erased. All writes are here, but for what is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Model
from django.db.models.functions import Now

from accounts.models import User
from common.rows import name_lock
from distillation.models import Run
from research.models import Experiment, Exposure, OnlineArm, OnlineExperiment, Outcome
from research.online.intake import Came, Hashes, Shown
from research.online.refusals import KeyReused, OnlineRefused

Row = TypeVar("Row", Shown, Came)

MOST_ARMS = 8
EXPOSURES = """
    INSERT INTO research_exposure (online_id, key, unit, arm, as_assigned, at)
    SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::smallint[], %s::boolean[], %s::timestamptz[])
    ON CONFLICT (online_id, key) DO NOTHING
"""
OUTCOMES = """
    INSERT INTO research_outcome (online_id, key, unit, value, at)
    SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::float8[], %s::timestamptz[])
    ON CONFLICT (online_id, key) DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmPlan:
    name: str
    shows: str = OnlineArm.Shows.OTHER
    run: Run | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Taken:
    new: int
    repeated: int = 0
    after_stop: int = 0


@transaction.atomic
def online_create(
    *, name: str, arms: Sequence[ArmPlan], created_by: User | None = None, experiment: Experiment | None = None,
    **more: Any,
) -> OnlineExperiment:  # fmt: skip
    """The first arm is the control."""
    if name == "new":
        raise OnlineRefused('The name "new" stands for the page that makes an experiment; choose another')
    if not 2 <= len(arms) <= MOST_ARMS or len({arm.name for arm in arms}) < len(arms):
        raise OnlineRefused(f"Give 2 to {MOST_ARMS} arms with names of their own; the first is the control")
    online = OnlineExperiment(name=name, created_by=created_by, experiment=experiment, **more)
    rows = [
        OnlineArm(online=online, place=place, name=arm.name, shows=arm.shows, run=arm.run, weight=arm.weight)
        for place, arm in enumerate(arms)
    ]
    for row, but in ((online, ["created_by", "experiment"]), *((arm, ["online", "run"]) for arm in rows)):
        _refuse_bad_fields(row, but)
    name_lock("online_create", name)
    if OnlineExperiment.objects.filter(name=name).exists():
        raise OnlineRefused(f"There is an online experiment {name} already: give the new one another name")
    online.save()
    OnlineArm.objects.bulk_create(rows)
    return online


def online_stop(*, online: OnlineExperiment) -> None:
    """Outcomes are taken on, for the units whose window is open still."""
    OnlineExperiment.objects.filter(pk=online.pk, stopped_at=None).update(stopped_at=Now())
    online.refresh_from_db()


@transaction.atomic
def exposures_write(*, online: OnlineExperiment, rows: Sequence[Shown]) -> Taken:
    """All or nothing. Raises KeyReused."""
    end = online.stopped_at
    taken = [row for row in rows if end is None or row.at <= end]
    unique = _unique(taken)
    columns = [[getattr(row, name) for row in unique.values()] for name in ("key", "unit", "arm", "as_assigned", "at")]
    new = _insert(EXPOSURES, online, columns)
    if new < len(unique):
        found = Exposure.objects.filter(online=online, key__in=list(unique))
        _refuse_other_content(
            unique, [Shown(*row) for row in found.values_list("key", "unit", "arm", "as_assigned", "at")]
        )
    return _account(online, Taken(new, len(taken) - new, len(rows) - len(taken)))


@transaction.atomic
def outcomes_write(*, online: OnlineExperiment, rows: Sequence[Came]) -> Taken:
    """Those of units without an exposure too: the exposure may be on its way. Raises KeyReused."""
    unique = _unique(rows)
    columns = [[getattr(row, name) for row in unique.values()] for name in ("key", "unit", "value", "at")]
    new = _insert(OUTCOMES, online, columns)
    if new < len(unique):
        found = Outcome.objects.filter(online=online, key__in=list(unique))
        _refuse_other_content(unique, [Came(*row) for row in found.values_list("key", "unit", "value", "at")])
    return _account(online, Taken(new, len(rows) - new))


@transaction.atomic
def units_erase(*, online: OnlineExperiment, units: Sequence[str]) -> int:
    """How many had any row. What a shop sends of them later is kept again."""
    with connection.cursor() as cursor:  # a count under way would bring back what is erased
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('online_count'), %s::int)", [online.pk])
    hashes = Hashes(online)
    wanted = [hashes.of(unit) for unit in set(units)]
    kinds = (
        Exposure.objects.filter(online=online, unit__in=wanted),
        Outcome.objects.filter(online=online, unit__in=wanted),
    )
    there = {unit for rows in kinds for unit in rows.values_list("unit", flat=True)}
    for rows in kinds:
        rows.delete()
    # Counted anew: no sum may hold what is erased.
    OnlineExperiment.objects.filter(pk=online.pk).update(
        erased_units=F("erased_units") + len(there), counted={}, counted_at=None
    )
    return len(there)


def _insert(statement: str, online: OnlineExperiment, columns: list[list[Any]]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [online.pk, *columns])
        return cursor.rowcount


def _unique(rows: Sequence[Row]) -> dict[UUID, Row]:
    unique = {row.key: row for row in rows}
    _refuse_other_content(unique, rows)
    return unique


def _refuse_other_content(sent: dict[UUID, Any], others: Sequence[Shown] | Sequence[Came]) -> None:
    if other := next((row for row in others if sent[row.key] != row), None):
        place = list(sent).index(other.key)
        raise KeyReused(
            f"The key of row {place} has come before with other content: nothing of this batch is taken; "
            "send each event under a key of its own"
        )


def _account(online: OnlineExperiment, taken: Taken) -> Taken:
    if taken.repeated:
        OnlineExperiment.objects.filter(pk=online.pk).update(repeats=F("repeats") + taken.repeated)
    return taken


def _refuse_bad_fields(row: Model, but: list[str]) -> None:
    try:
        row.clean_fields(exclude=but)
    except ValidationError as error:
        lines = [
            f"{field} {str(getattr(row, field))[:60]!r}: {' '.join(words)}"
            for field, words in error.message_dict.items()
        ]
        raise OnlineRefused("; ".join(lines)) from error
