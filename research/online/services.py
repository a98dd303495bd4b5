"""An experiment in a shop: made, filled, stopped, its units erased. All writes are here, but for what is counted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Model
from django.db.models.functions import Now

from accounts.models import User
from common.rows import fields_refused, name_lock
from distillation.models import Run
from research.models import Experiment, OnlineArm, OnlineExperiment
from research.online.intake import EXPOSURES, OUTCOMES, Event, Hashes, Kind, Sent, events_read
from research.online.refusals import KeyReused, OnlineRefused

MOST_ARMS = 8
INSERT = """
    INSERT INTO {table} (online_id, {columns}) SELECT %s, * FROM unnest({types})
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
def events_take(*, online: OnlineExperiment, kind: Kind, rows: Sequence[Sent]) -> Taken:
    """All or nothing. Outcomes of units without an exposure too: it may be on its way. Raises OnlineRefused, and
    KeyReused."""
    read, end = events_read(online, kind, rows), online.stopped_at
    taken = [event for event in read if end is None or not kind.until_stop or event[-1] <= end]
    unique = {event[0]: event for event in taken}
    _refuse_other_content(unique, taken)
    new = _insert(online, kind, list(unique.values()))
    if new < len(unique):
        found = kind.model.objects.filter(online=online, key__in=list(unique))
        _refuse_other_content(unique, found.values_list(*kind.columns))
    if repeated := len(taken) - new:
        OnlineExperiment.objects.filter(pk=online.pk).update(repeats=F("repeats") + repeated)
    return Taken(new, repeated, len(read) - len(taken))


@transaction.atomic
def units_erase(*, online: OnlineExperiment, units: Sequence[str]) -> int:
    """How many had any row. What a shop sends of them later is kept again."""
    with connection.cursor() as cursor:  # a count under way would bring back what is erased
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('online_count'), %s::int)", [online.pk])
    hashes = Hashes(online)
    wanted = [hashes.of(unit) for unit in set(units)]
    found = [kind.model.objects.filter(online=online, unit__in=wanted) for kind in (EXPOSURES, OUTCOMES)]
    there = {unit for rows in found for unit in rows.values_list("unit", flat=True)}
    for rows in found:
        rows.delete()
    # Counted anew: no sum may hold what is erased.
    OnlineExperiment.objects.filter(pk=online.pk).update(
        erased_units=F("erased_units") + len(there), counted={}, counted_at=None
    )
    return len(there)


def _insert(online: OnlineExperiment, kind: Kind, events: Sequence[Event]) -> int:
    """How many were new."""
    statement = INSERT.format(
        table=kind.model._meta.db_table,
        columns=", ".join(kind.columns),
        types=", ".join(f"%s::{each}[]" for each in kind.columns.values()),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [online.pk, *([event[n] for event in events] for n in range(len(kind.columns)))])
        return cursor.rowcount


def _refuse_other_content(sent: Mapping[UUID, Event], others: Iterable[Event]) -> None:
    if other := next((event for event in others if sent[event[0]] != event), None):
        place = list(sent).index(other[0])
        raise KeyReused(
            f"The key of row {place} has come before with other content: nothing of this batch is taken; "
            "send each event under a key of its own"
        )


def _refuse_bad_fields(row: Model, but: list[str]) -> None:
    try:
        row.clean_fields(exclude=but)
    except ValidationError as error:
        raise OnlineRefused(fields_refused(row, error)) from error
