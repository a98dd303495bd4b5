"""Who gets which item, when. The quota and one judgment an annotator and item are facts of the database."""

import random
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, F, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.judging.extra import extra_lease, extra_lease_ends, judgeable_items
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
from common.reading import columns_sql, row_read


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
    owed = owed_items(participant).aggregate(n=Count("pk"), first=Min("leases__expires_at"))
    if not owed["n"]:
        ends = None if participant.had_seen else extra_lease_ends(participant)
        return Waiting(max(timezone.now(), ends)) if ends else Finished()
    # Without a lease somebody's transaction held the row for this moment only.
    soon = timezone.now() + timedelta(seconds=2)
    return Waiting(max(soon, owed["first"] or soon))


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
    kind = _kind_of(participant)
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
    beyond, order, start = _ORDERS[Study.Order(study.order)]
    at = _cursor(participant)
    at = start if at == UNSET else at
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT i.id FROM annotation_item i WHERE {_free(participant)} AND {beyond} ORDER BY {order}"  # noqa: S608
            " LIMIT %(n)s",
            {
                "study": study.pk,
                "participant": participant.pk,
                "annotator": participant.annotator_id,
                "after": list(at),
                "n": n,
            },
        )
        return [item for (item,) in cursor.fetchall()]


def owed_items(participant: Participant) -> QuerySet[Item]:
    """Items that still want judgments and that this annotator may give one to."""
    return judgeable_items(participant).filter(n_judged__lt=F("overlap"))


def nothing_left(participant: Participant) -> bool:
    """Whether all that this annotator may judge is judged, leases or not."""
    return is_at_cap(participant) or not owed_items(participant).exists()


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


def _kind_of(participant: Participant) -> Kind:
    """Who has seen verdicts takes no place of the quota: others judge the item as often as it wants."""
    return Kind.SEEN if participant.had_seen else Kind.ITEM


def _take_from_anywhere(participant: Participant) -> Lease | None:
    """Search from the cursor on, then from the start, then once more after expired leases are released."""
    taken = _take(participant, _cursor(participant)) or _take(participant, None)
    return taken or (_take(participant, None) if release_expired(participant.study) else None)


_FREE = """
    i.study_id = %(study)s AND i.taken < i.overlap AND i.gold IS NULL
    AND NOT EXISTS (SELECT FROM annotation_judgment j WHERE j.item_id = i.id AND j.participant_id = %(participant)s
                    AND NOT (j.kind = 'unseen' AND NOT j.audit_asked))
    AND NOT EXISTS (SELECT FROM annotation_skip s WHERE s.item_id = i.id AND s.participant_id = %(participant)s
                    AND s.offered_at IS NULL)
    AND (NOT i.is_assigned OR EXISTS (
        SELECT FROM annotation_assignment g WHERE g.item_id = i.id AND (g.person_id = %(annotator)s OR g.group_id IN (
            SELECT group_id FROM accounts_user_groups WHERE user_id = %(annotator)s))))
"""

Cursor = tuple[int, int, int]  # block, taken, order_key
UNSET: Cursor = (-1, -1, -1)
_AFTER = "((%(after)s::int[])[1], (%(after)s::int[])[2], (%(after)s::int[])[3])"
_UP = (f"(i.block_no, i.taken, i.order_key) > {_AFTER}", "i.block_no, i.taken, i.order_key", UNSET)
# An intention whose verdict somebody has seen in another study is not blind to them in this one.
_NOT_REVEALED = """
    AND NOT EXISTS (
        SELECT FROM annotation_judgment j JOIN annotation_item o ON o.id = j.item_id
        JOIN annotation_participant p ON p.id = j.participant_id
        WHERE o.intention_id = {of_item} AND p.annotator_id = %(annotator)s AND j.audit_asked)
"""

# Breadth and blocks: up the index from the cursor; only in blocks is there more than one. Depth: down, so that begun
# items are completed first.
_ORDERS = {
    Study.Order.BLOCKS: _UP,
    Study.Order.BREADTH: _UP,
    Study.Order.DEPTH: (
        f"(i.block_no, i.taken, i.order_key) < {_AFTER}",
        "i.block_no DESC, i.taken DESC, i.order_key DESC",
        (0, 32767, -1),
    ),
}  # fmt: skip


def _free(participant: Participant) -> str:
    if not participant.judged_elsewhere:
        return _FREE
    of_other = _NOT_REVEALED.format(of_item="i.other_id") if participant.study.is_preference else ""
    return _FREE + _NOT_REVEALED.format(of_item="i.intention_id") + of_other


def _cursor(participant: Participant) -> Cursor:
    return (participant.cursor_block, participant.cursor_taken, participant.cursor_key)


def take_sql(free: str, order: Study.Order) -> str:
    beyond, by, _start = _ORDERS[order]
    return f"""
        WITH chosen AS (
            SELECT i.id, i.block_no, i.taken, i.order_key FROM annotation_item i
            WHERE {free} AND {beyond} AND NOT EXISTS (
                SELECT FROM annotation_judgment j
                WHERE j.participant_id = %(participant)s AND j.filter_right IS NULL AND j.audit_asked)
            ORDER BY {by} LIMIT 1 FOR UPDATE OF i SKIP LOCKED
        ), reserved AS (
            UPDATE annotation_item i SET taken = i.taken + 1 FROM chosen
            WHERE i.id = chosen.id AND %(kind)s = 'item'
        ), remembered AS (
            UPDATE annotation_participant p
            SET cursor_block = chosen.block_no, cursor_taken = chosen.taken, cursor_key = chosen.order_key
            FROM chosen WHERE p.id = %(participant)s
        )
        INSERT INTO annotation_lease (participant_id, item_id, kind, a_on_left, first_left, expires_at)
        SELECT %(participant)s, id, %(kind)s, %(a_on_left)s, %(first_left)s::boolean,
               now() + make_interval(mins => %(minutes)s)
        FROM chosen
        RETURNING {columns_sql(Lease, "annotation_lease")}
    """  # noqa: S608 - one of the orders above


def _take(participant: Participant, after: Cursor | None) -> Lease | None:
    order = Study.Order(participant.study.order)
    if after in (None, UNSET):
        after = _ORDERS[order][2]
    return row_read(
        Lease,
        take_sql(_free(participant), order),
        {
            "study": participant.study_id,
            "participant": participant.pk,
            "annotator": participant.annotator_id,
            "kind": _kind_of(participant).value,
            "after": list(after),
            **asdict(sides_drawn(participant.study)),
            "minutes": participant.study.lease_minutes,
        },
    )
