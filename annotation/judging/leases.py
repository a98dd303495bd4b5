"""Leases: an item is reserved for one annotator for a time; it can be given back, and taken again by its ticket."""

import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.core import signing
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from annotation.judging.participants import participant_lock
from annotation.models import Item, Kind, Lease, Participant, Study
from annotation.models.protocol_fields import PROTOCOL_FIELDS
from annotation.models.rights import may_judge_sql
from common.reading import columns_sql, row_read

LONGEST_MINUTES = int(PROTOCOL_FIELDS["lease_minutes"].most)  # whatever the study's were when it was given

_RENEW = f"""
    UPDATE annotation_lease l SET expires_at = now() + make_interval(mins => %s) WHERE participant_id = %s
    RETURNING {columns_sql(Lease, "l")}
"""  # noqa: S608 - names of our own


@dataclass(frozen=True, slots=True)
class Sides:
    """Which product, and of a pair which intention, stands on the left."""

    a_on_left: bool
    first_left: bool | None


def sides_drawn(study: Study) -> Sides:
    """Anew for each judgment."""
    drawn = secrets.randbits(2)
    return Sides(bool(drawn & 1), bool(drawn & 2) if study.is_preference else None)


def lease_make(participant: Participant, item_id: int, kind: Kind, sides: Sides) -> Lease:
    until = timezone.now() + timedelta(minutes=participant.study.lease_minutes)
    return Lease.objects.create(participant=participant, item_id=item_id, kind=kind, **asdict(sides), expires_at=until)


def lease_renew(participant: Participant) -> Lease | None:
    """Extend the annotator's lease; one that has run out but was not released yet is still theirs."""
    known, participant.has_item = participant.has_item, None  # what follows may make one
    return None if known is False else row_read(Lease, _RENEW, [participant.study.lease_minutes, participant.pk])


def place_keep(participant: Participant, lease: Lease) -> None:
    """Before the first judgment a crowd worker's place is held as long as the item that they have."""
    if participant.place == Participant.Place.HELD:
        Participant.objects.filter(pk=participant.pk).update(place_until=lease.expires_at)


def lease_at_close(participant: Participant) -> Lease | None:
    """The item that somebody had open when the study was closed: it may be saved while it is theirs."""
    if participant.study.state != Study.State.CLOSED or participant.state != Participant.State.ACTIVE:
        return None
    return Lease.objects.filter(participant=participant, expires_at__gte=timezone.now()).first()


@transaction.atomic
def lease_release(*, participant: Participant) -> None:
    """Give back the item that the annotator has, if any."""
    lease = Lease.objects.filter(participant=participant_lock(participant)).first()
    if lease:
        lease.delete()
        lease_gone(lease.item_id, lease.kind)


@transaction.atomic
def release_expired(study: Study) -> int:
    """Release the leases that ran out, and those of people who may not judge any more; returns how many items are free
    again. One that ends later than any may is from before the machine's clock was set back."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            DELETE FROM annotation_lease WHERE participant_id IN (
                SELECT l.participant_id FROM annotation_lease l JOIN annotation_participant p ON p.id = l.participant_id
                WHERE p.study_id = %s AND (l.expires_at < now() OR l.expires_at > now() + make_interval(mins => %s)
                    OR NOT {may_judge_sql()}) FOR UPDATE OF l SKIP LOCKED
            ) RETURNING item_id, kind
            """,  # noqa: S608 - a rule of our own
            [study.pk, LONGEST_MINUTES],
        )
        gone = sorted(cursor.fetchall())
    for item, kind in gone:  # one by one in the order of ids, so that two sweeps can't lock each other out
        lease_gone(item, kind)
    return sum(kind == Kind.ITEM for _, kind in gone)


def lease_gone(item_id: int, kind: str) -> None:
    """The place that it held is free again."""
    if kind == Kind.ITEM:
        item_give_back(item_id)
    elif kind == Kind.EXTRA:
        Item.objects.filter(pk=item_id).update(extra_taken=F("extra_taken") - 1)


def item_give_back(item_id: int) -> None:
    """Make the item free for others, and for those too whose search has passed it."""
    Item.objects.filter(pk=item_id).update(taken=F("taken") - 1, came_back=True)


def item_ticket(participant: Participant, item_id: int) -> str:
    """A signed token in the item's form: proves that the annotator had this item, so that they may take it again."""
    return _signer(participant).sign(str(item_id))


def item_of_ticket(participant: Participant, ticket: str) -> int | None:
    try:
        return int(_signer(participant).unsign(ticket))
    except signing.BadSignature:
        return None


def _signer(participant: Participant) -> signing.Signer:
    return signing.Signer(salt=f"item of participant {participant.pk}")
