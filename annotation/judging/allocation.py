"""Who gets which item, when. The quota and one judgment an annotator and item are facts of the database."""

import random
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.judging.finding.extra import extra_lease, extra_lease_ends, judgeable_items
from annotation.judging.finding.free import items_free, kind_of, lease_take, owed_until
from annotation.judging.leases import (
    Sides,
    item_of_ticket,
    lease_gone,
    lease_make,
    lease_release,
    lease_renew,
    place_keep,
    release_expired,
    sides_drawn,
)
from annotation.judging.participants import (
    is_at_cap,
    participant_lock,
    refuse_unconfirmed,
    refuse_unless_at_work,
    under_lock,
)
from annotation.judging.quality.qualification import gold_next, qualification_update
from annotation.judging.refusals import AuditOwed, JudgingRefused
from annotation.models import Item, Kind, Lease, Participant, Skip, Study


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is free right now; the earliest lease ends then."""

    look_again: datetime


class Finished:
    """Nothing is left in this study for this annotator."""


@under_lock
def item_next(*, participant: Participant) -> Lease | Waiting | Finished:
    """The annotator's lease, or a new one: gold until qualified, now and then a repeat, else an item by the study's
    order that the annotator has neither judged nor skipped, else one over which the others are split."""
    refuse_unless_at_work(participant)
    refuse_unconfirmed(participant)
    is_over = deadline_passed(participant.study) or is_at_cap(participant)
    if lease := lease_renew(participant) or (None if is_over else _lease_anew(participant)):
        place_keep(participant, lease)
        return lease
    _refuse_unaudited(participant)
    if is_over:
        return Finished()
    if again := owed_until(participant):
        return Waiting(again)
    ends = None if participant.had_seen else extra_lease_ends(participant)
    return Waiting(max(timezone.now(), ends)) if ends else Finished()


def deadline_passed(study: Study) -> bool:
    """Nothing is taken any more; what somebody has in hand can be saved."""
    return study.deadline is not None and study.deadline <= timezone.now()


@transaction.atomic
def item_skip(*, participant: Participant, item_id: int, reason: str) -> Skip | None:
    """Give the item back to the others; this annotator does not get it again. A skipped gold item counts against the
    tries; a repeat may come once more."""
    participant = participant_lock(participant)
    refuse_unless_at_work(participant)
    if reason not in Skip.Reason.values:
        raise JudgingRefused(_("%(reason)r is no reason to skip; choose one of those on the page") % {"reason": reason})
    lease = Lease.objects.filter(participant=participant, item_id=item_id).first()
    if lease is None:
        return None  # a second click, or the item went back already
    lease.delete()
    lease_gone(item_id, lease.kind)
    if lease.kind == Kind.REPEAT:
        return None
    skip = Skip.objects.create(item_id=item_id, participant=participant, reason=reason, kind=lease.kind)
    if lease.kind == Kind.GOLD:
        qualification_update(participant)
    else:
        _skips_grow(participant, 1)
    return skip


@transaction.atomic
def skip_undo(*, participant: Participant) -> bool:
    """Take back the last skip; whether its item is in hand again. What was in hand instead goes back."""
    participant = participant_lock(participant)
    refuse_unless_at_work(participant)
    last = participant.skips.standing().order_by("-pk").first()
    if last is None:
        raise JudgingRefused(_("There is no skipped item to take back; here is what comes next"))
    last.delete()
    Item.objects.filter(pk=last.item_id).update(came_back=True)
    _skips_grow(participant, -1)
    free = owed_items(participant).filter(pk=last.item_id, taken__lt=F("overlap"))
    if is_at_cap(participant) or not free.exists():
        return False
    lease_release(participant=participant)
    _take_again(participant, last.item_id)
    return True


def _skips_grow(participant: Participant, by: int) -> None:
    counts = {"n_skipped": F("n_skipped") + by, "revision": F("revision") + 1}
    Participant.objects.filter(pk=participant.pk).update(**counts)
    participant.n_skipped += by


def item_take(*, participant: Participant, ticket: str) -> None:
    """Lease the very item that went back, if it is still free. What else the annotator has in hand goes back."""
    item_id = item_of_ticket(participant, ticket)
    if item_id is None:
        raise JudgingRefused(_("This item was not yours; here is what comes next"))
    if Lease.objects.filter(participant=participant, item=item_id).exists():
        return  # a second click
    lease_release(participant=participant)
    _take_again(participant, item_id)


@transaction.atomic
def _take_again(participant: Participant, item_id: int) -> None:
    participant = participant_lock(participant)
    refuse_unless_at_work(participant)
    held = Lease.objects.filter(participant=participant).first()
    if held and held.item_id == item_id:
        return  # another tab was faster
    if Item.objects.filter(pk=item_id, gold__isnull=False).exists():
        return  # it has no quota, and comes next by itself
    free = owed_items(participant).filter(pk=item_id, taken__lt=F("overlap")).select_for_update(of=("self",))
    if held or is_at_cap(participant) or participant.judgments.to_audit().exists() or not free.exists():
        raise JudgingRefused(_("This item can't be had again; here is what comes next"))
    kind = kind_of(participant)
    if kind == Kind.ITEM:
        Item.objects.filter(pk=item_id).update(taken=F("taken") + 1)
    lease_make(participant, item_id, kind, sides_drawn(participant.study))


def items_ahead(participant: Participant, n: int = 3) -> list[int]:
    """What probably comes next, so that its pictures can be fetched. Reserves nothing."""
    study = participant.study
    if study.state != Study.State.OPEN or participant.state != Participant.State.ACTIVE:
        return []
    if study.qualification_items and not participant.qualified_at and (gold := gold_next(participant)):
        return [gold.pk]
    return items_free(participant, n)


def owed_items(participant: Participant) -> QuerySet[Item]:
    """Items that still want judgments and that this annotator may give one to."""
    return judgeable_items(participant).filter(n_judged__lt=F("overlap"))


def nothing_left(participant: Participant) -> bool:
    """Whether all that this annotator may judge is judged, leases or not."""
    return is_at_cap(participant) or owed_until(participant) is None


def _lease_anew(participant: Participant) -> Lease | None:
    if participant.study.qualification_items and not participant.qualified_at:
        gold = gold_next(participant)
        return lease_make(participant, gold.pk, Kind.GOLD, sides_drawn(participant.study)) if gold else None
    if random.random() < participant.study.repeat_share and (earlier := _to_repeat(participant)):  # noqa: S311
        _refuse_unaudited(participant)
        return lease_make(participant, earlier, Kind.REPEAT, _sides_of_repeat(participant, earlier))
    return _take_from_anywhere(participant) or (None if participant.had_seen else extra_lease(participant))


def _sides_of_repeat(participant: Participant, item_id: int) -> Sides:
    """A pair comes back mirrored: who prefers a side, and not a text, then says otherwise."""
    sides = sides_drawn(participant.study)
    if not participant.study.is_preference:
        return sides
    before = participant.judgments.firsts().filter(item=item_id).values_list("first_left", flat=True).get()
    return replace(sides, first_left=not before)


def _refuse_unaudited(participant: Participant) -> None:
    """Only where no item was found: the search for one has the same condition in it."""
    if participant.judgments.to_audit().exists():
        raise AuditOwed(_("Say first whether the filter was right about the item you have rated"))


def _to_repeat(participant: Participant) -> int | None:
    """An item judged long enough ago, whose verdict was not revealed (a repeat would measure memory), and not repeated
    yet."""
    distance = participant.study.repeat_distance
    repeated = participant.judgments.filter(kind=Kind.REPEAT).values("item")
    # How long ago counts all judgments; of the earlier ones an index gives those before a key.
    last = participant.judgments.firsts().order_by("-pk").values_list("pk", flat=True)[distance:].first()
    blind = participant.judgments.firsts().filter(audit_asked=False, pk__lte=last or 0)
    candidates = list(blind.exclude(item__in=repeated).order_by("-pk").values_list("item", flat=True)[:50])
    return random.choice(candidates) if candidates else None  # noqa: S311 - which one is no secret


def _take_from_anywhere(participant: Participant) -> Lease | None:
    """Once more after expired leases are released."""
    return lease_take(participant) or (lease_take(participant) if release_expired(participant.study) else None)
