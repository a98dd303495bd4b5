"""Who gets which item, when. The quota and one judgment an annotator and item are facts of the database; the
participant's row is the mutex for two tabs and double clicks."""

import random
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.core import signing
from django.db import connection, transaction
from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from annotation.judging.qualification import gold_next
from annotation.models import Item, Judgment, Kind, Lease, Participant, Skip, Study
from common.counting import included_sql, of_people_sql
from common.refusals import Refused


class JudgingRefused(Refused):
    """One line for the annotator: what can't be done and what to do instead."""


class LeaseGone(JudgingRefused):
    """The item went back to the others; with its ticket it may be taken again."""


class AuditOwed(JudgingRefused):
    pass


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is free right now; the earliest lease ends then."""

    look_again: datetime


class Finished:
    """Nothing is left in this study for this annotator."""


def participant_get(*, study_id: int, annotator: User) -> Participant:
    """The annotator's part in the study, made at the first visit. Raises Study.DoesNotExist where there is none."""
    mine = Participant.objects.raw(
        f"""
        SELECT p.*, s.xmin::text AS study_row FROM annotation_participant p JOIN annotation_study s ON s.id = p.study_id
        WHERE p.study_id = %s AND p.annotator_id = %s AND {of_people_sql()}
        """,  # noqa: S608 - a rule of our own
        [study_id, annotator.pk],
    )
    participant = next(iter(mine), None)
    if participant is None:
        return participant_join(Study.objects.for_annotator(annotator).get(pk=study_id), annotator)
    participant.study = _study(study_id, participant.study_row)
    return participant


@lru_cache(maxsize=64)
def _study(pk: int, row: str) -> Study:
    """As long as its row is the same one (`row` is PostgreSQL's xmin), a study need not be read and parsed anew."""
    return Study.objects.get(pk=pk)


def participant_join(study: Study, annotator: User) -> Participant:
    pseudonym = f"A-{secrets.token_hex(4)}"
    return Participant.objects.get_or_create(study=study, annotator=annotator, defaults={"pseudonym": pseudonym})[0]


@transaction.atomic
def item_next(*, participant: Participant) -> Lease | Waiting | Finished:
    """The annotator's lease, or a new one: gold until qualified, now and then a repeat, else an item by the study's
    order that the annotator has neither judged nor skipped."""
    participant = participant_lock(participant)
    refuse_unless_at_work(participant)
    if lease := lease_renew(participant) or _lease_anew(participant):
        return lease
    _refuse_unaudited(participant)
    owed = owed_items(participant).aggregate(n=Count("pk"), first=Min("leases__expires_at"))
    if not owed["n"]:
        return Finished()
    # Without a lease somebody's transaction held the row for this moment only.
    soon = timezone.now() + timedelta(seconds=2)
    return Waiting(max(soon, owed["first"] or soon))


@transaction.atomic
def item_skip(*, participant: Participant, item_id: int, reason: str) -> None:
    """Give the item back; it does not come again to this annotator."""
    participant = participant_lock(participant)
    refuse_unless_at_work(participant)
    if reason not in Skip.Reason.values:
        raise JudgingRefused(_("%(reason)r is no reason to skip; choose one of those on the page") % {"reason": reason})
    lease = Lease.objects.filter(participant=participant, item_id=item_id).first()
    if lease is None:
        return  # a second click, or the item went back already
    lease.delete()
    if lease.kind == Kind.ITEM:
        _give_back(item_id)
        Skip.objects.create(item_id=item_id, participant=participant, reason=reason)
        Participant.objects.filter(pk=participant.pk).update(n_skipped=F("n_skipped") + 1)


@transaction.atomic
def lease_release(*, participant: Participant) -> None:
    """Give back what the annotator has in hand."""
    lease = Lease.objects.filter(participant=participant_lock(participant)).first()
    if lease:
        lease.delete()
        if lease.kind == Kind.ITEM:
            _give_back(lease.item_id)


@transaction.atomic
def release_expired(study: Study) -> int:
    """Give back what nobody judged in time; returns how many items came free."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM annotation_lease WHERE participant_id IN (
                SELECT l.participant_id FROM annotation_lease l JOIN annotation_item i ON i.id = l.item_id
                WHERE i.study_id = %s AND l.expires_at < now() FOR UPDATE OF l SKIP LOCKED
            ) RETURNING item_id, kind
            """,
            [study.pk],
        )
        items = sorted(item for item, kind in cursor.fetchall() if kind == Kind.ITEM)
    for item in items:  # one by one in the order of ids, so that two sweeps can't lock each other out
        _give_back(item)
    return len(items)


def _give_back(item_id: int) -> None:
    """Free for others; where blocks are finished one by one, those who are past this one come back to it.

    Whoever is at work this very moment is passed over, so that nobody waits for anybody: they find the item when
    nothing else is left.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH back AS (
                UPDATE annotation_item SET taken = taken - 1 WHERE id = %s RETURNING study_id, block_no
            ), past AS (
                SELECT p.id FROM annotation_participant p JOIN back ON p.study_id = back.study_id
                JOIN annotation_study s ON s.id = p.study_id
                WHERE s."order" = 'blocks' AND p.cursor_block >= back.block_no FOR UPDATE OF p SKIP LOCKED
            )
            UPDATE annotation_participant p SET cursor_block = back.block_no, cursor_taken = -1, cursor_key = -1
            FROM back, past WHERE p.id = past.id
            """,
            [item_id],
        )


def item_ticket(participant: Participant, item_id: int) -> str:
    """Goes with the item's form: who holds it has had the item, and can't choose another."""
    return _signer(participant).sign(str(item_id))


def item_of_ticket(participant: Participant, ticket: str) -> int | None:
    try:
        return int(_signer(participant).unsign(ticket))
    except signing.BadSignature:
        return None


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
    if held or participant.judgments.to_audit().exists() or not free.exists():
        raise JudgingRefused(_("This item can't be had again; here is what comes next"))
    Item.objects.filter(pk=item_id).update(taken=F("taken") + 1)
    _lease(participant, item_id, Kind.ITEM, bool(secrets.randbits(1)))


def items_ahead(participant: Participant, n: int = 3) -> list[int]:
    """What probably comes next, so that its pictures can be fetched. Reserves nothing."""
    study = participant.study
    if study.state != Study.State.OPEN or participant.state != Participant.State.ACTIVE:
        return []
    if study.qualification_items and not participant.qualified_at and (gold := gold_next(participant)):
        return [gold.pk]
    beyond, order, start = _ORDERS[Study.Order(study.order)]
    at = _cursor(participant)
    at = start if at == NOWHERE else at
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


_OWN = (
    "state", "state_reason", "qualified_at", "n_tries", "n_judged", "n_skipped", "seconds",
    "cursor_block", "cursor_taken", "cursor_key",
)  # fmt: skip
_AS_IT_IS = f"""
    SELECT {", ".join(f"p.{name}" for name in _OWN)}, s.state, s.version,
           (SELECT coalesce(sum(o.n_judged) FILTER (WHERE {included_sql("o")}), 0)
            FROM annotation_participant o WHERE o.study_id = p.study_id),
           EXISTS (SELECT FROM annotation_participant o
                   WHERE o.annotator_id = p.annotator_id AND o.id <> p.id AND o.n_judged > 0)
    FROM annotation_participant p JOIN annotation_study s ON s.id = p.study_id WHERE p.id = %s
"""  # noqa: S608 - names of our own


def participant_lock(participant: Participant) -> Participant:
    """The participant's row is held until the transaction ends; the object is then as the row is."""
    participant_refresh(participant, " FOR UPDATE OF p")
    return participant


def participant_refresh(participant: Participant, lock: str = "") -> None:
    """Read anew what judging changes, in one query without building models; `study_judged` is all of the study's."""
    with connection.cursor() as cursor:
        cursor.execute(_AS_IT_IS + lock, [participant.pk])
        *own, study_state, version, participant.study_judged, participant.judged_elsewhere = cursor.fetchone()
    for name, value in zip(_OWN, own, strict=True):
        setattr(participant, name, value)
    participant.study.state, participant.study.version = study_state, version


def refuse_unless_at_work(participant: Participant) -> None:
    study = participant.study
    if study.state != Study.State.OPEN:
        why = (
            _("The study %(study)s is closed; what you have saved is kept")
            if study.state == Study.State.CLOSED
            else _("The study %(study)s is paused; what you have saved is kept")
        )
        raise JudgingRefused(why % {"study": study.name})
    if participant.state != Participant.State.ACTIVE:
        why = _("Your work on %(study)s is stopped: %(reason)s")
        raise JudgingRefused(why % {"study": study.name, "reason": participant.state_reason})


def owed_items(participant: Participant) -> QuerySet[Item]:
    """Items that still want judgments and that this annotator may give one to."""
    return (
        Item.objects.sampled()
        .filter(study=participant.study_id, n_judged__lt=F("overlap"))
        .exclude(judgments__participant=participant)
        .exclude(skips__participant=participant)
        .exclude(Exists(revealed_to(participant.annotator_id).filter(item__intention=OuterRef("intention"))))
    )


def revealed_to(annotator_id: int) -> QuerySet[Judgment]:
    """After these the annotator was shown a verdict, in whichever study."""
    return Judgment.objects.filter(participant__annotator=annotator_id, audit_asked=True)


def lease_renew(participant: Participant) -> Lease | None:
    """A lease that ran out but that nobody has swept is still the annotator's."""
    renewed = Lease.objects.raw(
        """
        UPDATE annotation_lease SET expires_at = now() + make_interval(mins => %s) WHERE participant_id = %s
        RETURNING *
        """,
        [participant.study.lease_minutes, participant.pk],
    )
    return next(iter(renewed), None)


def _lease_anew(participant: Participant) -> Lease | None:
    if participant.study.qualification_items and not participant.qualified_at:
        gold = gold_next(participant)
        return gold and _lease(participant, gold.pk, Kind.GOLD, bool(secrets.randbits(1)))
    if random.random() < participant.study.repeat_share and (earlier := _to_repeat(participant)):  # noqa: S311
        _refuse_unaudited(participant)
        return _lease(participant, earlier, Kind.REPEAT, bool(secrets.randbits(1)))
    return _take_from_anywhere(participant)


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
    last = participant.judgments.filter(kind=Kind.ITEM).order_by("-pk").values_list("pk", flat=True)[distance:].first()
    blind = participant.judgments.filter(kind=Kind.ITEM, audit_asked=False, pk__lte=last or 0)
    candidates = list(blind.exclude(item__in=repeated).order_by("-pk").values_list("item", flat=True)[:50])
    return random.choice(candidates) if candidates else None  # noqa: S311 - which one is no secret


def _signer(participant: Participant) -> signing.Signer:
    return signing.Signer(salt=f"item of participant {participant.pk}")


def _lease(participant: Participant, item_id: int, kind: Kind, a_on_left: bool) -> Lease:
    until = timezone.now() + timedelta(minutes=participant.study.lease_minutes)
    return Lease.objects.create(
        participant=participant, item_id=item_id, kind=kind, a_on_left=a_on_left, expires_at=until
    )


def _take_from_anywhere(participant: Participant) -> Lease | None:
    """On from the cursor, then from the start, then again once expired leases are back."""
    taken = _take(participant, _cursor(participant)) or _take(participant, None)
    return taken or (_take(participant, None) if release_expired(participant.study) else None)


_FREE = """
    i.study_id = %(study)s AND i.taken < i.overlap AND i.gold IS NULL
    AND NOT EXISTS (SELECT FROM annotation_judgment j WHERE j.item_id = i.id AND j.participant_id = %(participant)s)
    AND NOT EXISTS (SELECT FROM annotation_skip s WHERE s.item_id = i.id AND s.participant_id = %(participant)s)
"""

Place = tuple[int, int, int]  # block, taken, order_key
NOWHERE: Place = (-1, -1, -1)
_AFTER = "((%(after)s::int[])[1], (%(after)s::int[])[2], (%(after)s::int[])[3])"
_UP = (f"(i.block_no, i.taken, i.order_key) > {_AFTER}", "i.block_no, i.taken, i.order_key", NOWHERE)
# An intention whose verdict somebody has seen in another study is not blind to them in this one.
_NOT_REVEALED = """
    AND NOT EXISTS (
        SELECT FROM annotation_judgment j JOIN annotation_item o ON o.id = j.item_id
        JOIN annotation_participant p ON p.id = j.participant_id
        WHERE o.intention_id = i.intention_id AND p.annotator_id = %(annotator)s AND j.audit_asked)
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
    return _FREE + _NOT_REVEALED if participant.judged_elsewhere else _FREE


def _cursor(participant: Participant) -> Place:
    return (participant.cursor_block, participant.cursor_taken, participant.cursor_key)


def _take(participant: Participant, after: Place | None) -> Lease | None:
    beyond, order, start = _ORDERS[Study.Order(participant.study.order)]
    if after in (None, NOWHERE):
        after = start
    taken = Lease.objects.raw(
        f"""
        WITH chosen AS (
            SELECT i.id, i.block_no, i.taken, i.order_key FROM annotation_item i
            WHERE {_free(participant)} AND {beyond} AND NOT EXISTS (
                SELECT FROM annotation_judgment j
                WHERE j.participant_id = %(participant)s AND j.filter_right IS NULL AND j.audit_asked)
            ORDER BY {order} LIMIT 1 FOR UPDATE OF i SKIP LOCKED
        ), reserved AS (
            UPDATE annotation_item i SET taken = i.taken + 1 FROM chosen WHERE i.id = chosen.id
        ), remembered AS (
            UPDATE annotation_participant p
            SET cursor_block = chosen.block_no, cursor_taken = chosen.taken, cursor_key = chosen.order_key
            FROM chosen WHERE p.id = %(participant)s
        )
        INSERT INTO annotation_lease (participant_id, item_id, kind, a_on_left, expires_at)
        SELECT %(participant)s, id, 'item', %(a_on_left)s, now() + make_interval(mins => %(minutes)s) FROM chosen
        RETURNING *
        """,  # noqa: S608 - one of the two orders above
        {
            "study": participant.study_id,
            "participant": participant.pk,
            "annotator": participant.annotator_id,
            "after": list(after),
            "a_on_left": bool(secrets.randbits(1)),
            "minutes": participant.study.lease_minutes,
        },
    )
    return next(iter(taken), None)
