"""Gains, tests of purchases and experiments in shops renamed, archived, deleted. Their runs and studies stay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import Deed, User
from accounts.trail import deed_record
from common.lists import ArchiveQuerySet
from common.refusals import Refused
from common.rows import row_rename
from common.tidying import typed_refuse
from research.models import Gain, OnlineExperiment, PurchaseTest

Finding = Gain | OnlineExperiment | PurchaseTest


class FindingKept(Refused):
    """What is asked can't be done to it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the three: what people call it, and why it has to stay as it is now, if it has to."""

    what: str
    held: Callable[[Finding], str]


def _gain_held(gain: Finding) -> str:
    goes_on = isinstance(gain, Gain) and gain.state == Gain.State.RUNNING
    return "It is under way, and goes on by its name: wait until it has ended, or stop its command" if goes_on else ""


def _shop_held(online: Finding) -> str:
    takes = isinstance(online, OnlineExperiment) and not online.stopped_at
    return "It takes exposures, by its name: stop it first" if takes else ""


GAIN = Kind(what="gain", held=_gain_held)
PURCHASE_TEST = Kind(what="test of purchases", held=lambda test: "")
SHOP_TEST = Kind(what="experiment in a shop", held=_shop_held)


def rows_of(finding: Finding) -> ArchiveQuerySet[Any]:
    """A test of purchases has a row for each design and kind of wrong partners, under one name."""
    rows: ArchiveQuerySet[Any] = type(finding).objects.all()
    return rows.filter(name=finding.name)


@transaction.atomic
def finding_rename(*, finding: Finding, kind: Kind, name: str, by: User | None) -> None:
    _free(finding, kind)
    rows = list(rows_of(finding).values_list("pk", flat=True))
    lock = finding._meta.db_table
    if before := row_rename(finding, name, lock=lock, refused=FindingKept):
        type(finding).objects.filter(pk__in=rows).update(name=finding.name)
        deed_record(kind=Deed.Kind.RENAMED, by=by, about=finding.name, what=kind.what, before=before)


@transaction.atomic
def finding_archive(*, finding: Finding, kind: Kind, on: bool, by: User | None) -> None:
    if on:
        _free(finding, kind)
    if rows_of(finding).archive(on):
        deed = Deed.Kind.ARCHIVED if on else Deed.Kind.UNARCHIVED
        deed_record(kind=deed, by=by, about=finding.name, what=kind.what)


@transaction.atomic
def finding_delete(*, finding: Finding, kind: Kind, typed: str, by: User | None) -> None:
    rows = list(rows_of(finding).select_for_update())
    typed_refuse(typed, finding.name, kind.what, FindingKept)
    for row in rows:
        if held := kind.held(row):
            raise FindingKept(f"{held}; nothing was deleted")
    deed_record(kind=Deed.Kind.DELETED, by=by, about=finding.name, what=kind.what)
    rows_of(finding).delete()


def _free(finding: Finding, kind: Kind) -> None:
    if held := kind.held(finding):
        raise FindingKept(held)
