"""Who judges what, when: leases, judgments, audits. The quota, one judgment an annotator and item, and the order of
blind, freeze, reveal are facts of the database; the participant's row is the mutex for two tabs and double clicks."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, Min, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from annotation.models import Item, Judgment, Lease, Participant, Skip, Study


class JudgingRefused(Exception):
    """One line for the annotator: what can't be done and what to do instead."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is free right now; the earliest lease ends then."""

    look_again: datetime


class Finished:
    """Nothing is left in this study for this annotator."""


def participant_get(*, study: Study, annotator: User) -> Participant:
    """The annotator's part in the study, made at the first visit."""
    existing = Participant.objects.filter(study=study, annotator=annotator).first()
    return existing or _join(study, annotator)


def _join(study: Study, annotator: User) -> Participant:
    try:
        with transaction.atomic():
            return Participant.objects.create(study=study, annotator=annotator, pseudonym=f"A-{secrets.token_hex(4)}")
    except IntegrityError:  # two tabs joined at once
        return Participant.objects.get(study=study, annotator=annotator)


def judgment_to_audit(participant: Participant) -> Judgment | None:
    return (
        participant.judgments.filter(filter_right__isnull=True)
        .select_related("item__intention__verdict", "item__intention__run")
        .order_by("pk")
        .first()
    )


@transaction.atomic
def item_next(*, participant: Participant) -> Lease | Waiting | Finished:
    """The annotator's lease, or a new one: the least judged item that the annotator has neither judged nor skipped."""
    participant = _locked(participant)
    _refuse_unless_open(participant.study)
    if participant.judgments.filter(filter_right__isnull=True).exists():
        raise JudgingRefused("Say first whether the filter was right about the item you have rated")
    if _renew(participant) or _take_from_anywhere(participant):
        return Lease.objects.select_related("item").get(pk=participant.pk)
    owed = owed_items(participant.study_id, participant.pk).aggregate(n=Count("pk"), first=Min("leases__expires_at"))
    if not owed["n"]:
        return Finished()
    # Without a lease somebody's transaction held the row for this moment only.
    soon = timezone.now() + timedelta(seconds=2)
    return Waiting(max(soon, owed["first"] or soon))


@transaction.atomic
def judgment_save(
    *, participant: Participant, item_id: int, submission: uuid.UUID, plausibility: int | None, typicality: int | None
) -> Judgment:
    """Freeze the ratings. The same submission again is the same judgment, however often it comes."""
    participant = _locked(participant)
    earlier = Judgment.objects.filter(submission=submission).first()
    if earlier:
        if (earlier.participant_id, earlier.item_id) != (participant.pk, item_id):
            raise JudgingRefused("This form belongs to another item; load the page again")
        return earlier
    _refuse_unless_open(participant.study)
    if participant.judgments.filter(item_id=item_id).exists():
        raise JudgingRefused("You have judged this item already; your first ratings count")
    plausibility, typicality = _checked_ratings(participant.study, plausibility, typicality)
    pk = _write_judgment(participant, item_id, submission, plausibility, typicality)
    if pk is None:
        raise JudgingRefused("This item is not yours any more: it went back to the others. Here is what comes next")
    return Judgment.objects.get(pk=pk)


@transaction.atomic
def audit_save(*, participant: Participant, judgment_id: int, filter_right: bool) -> Judgment:
    """Record whether the filter was right; the first answer counts."""
    participant = _locked(participant)
    judgment = participant.judgments.filter(pk=judgment_id).first()
    if judgment is None:
        raise JudgingRefused("The filter can be audited after you have rated the item; rate it first")
    if judgment.filter_right is None:
        # A pause takes effect between items; what is revealed may still be answered.
        if participant.study.state == Study.State.CLOSED:
            _refuse_unless_open(participant.study)
        judgment.filter_right = filter_right
        Judgment.objects.filter(pk=judgment.pk).update(filter_right=filter_right, audited_at=Now())
        Participant.objects.filter(pk=participant.pk).update(revision=F("revision") + 1)
    return judgment


@transaction.atomic
def item_skip(*, participant: Participant, item_id: int, reason: str) -> None:
    """Give the item back; it does not come again to this annotator."""
    participant = _locked(participant)
    _refuse_unless_open(participant.study)
    if reason not in Skip.Reason.values:
        raise JudgingRefused(f"{reason!r} is no reason to skip; choose one of those on the page")
    if not Lease.objects.filter(participant=participant, item_id=item_id).delete()[0]:
        return  # a second click, or the item went back already
    Item.objects.filter(pk=item_id).update(taken=F("taken") - 1)
    Skip.objects.create(item_id=item_id, participant=participant, reason=reason)


def _locked(participant: Participant) -> Participant:
    return Participant.objects.select_for_update(of=("self",)).select_related("study").get(pk=participant.pk)


def _refuse_unless_open(study: Study) -> None:
    if study.state != Study.State.OPEN:
        raise JudgingRefused(f"The study {study.name} is {study.state}; what you have saved is kept")


def _checked_ratings(study: Study, plausibility: int | None, typicality: int | None) -> tuple[int, int | None]:
    first, second = study.questions
    if plausibility not in first.values:
        raise JudgingRefused(f"Answer the question: {first.text}")
    if study.typicality_after_yes and plausibility < first.positive_from:
        return plausibility, None
    if typicality not in second.values:
        raise JudgingRefused(f"Answer the question: {second.text}")
    return plausibility, typicality


def owed_items(study_id: int, participant_id: int | None) -> QuerySet[Item]:
    """Items that still want judgments and that this annotator may give one to."""
    wanting = Item.objects.filter(study=study_id, n_judged__lt=F("overlap"))
    if participant_id is None:
        return wanting
    return wanting.exclude(judgments__participant=participant_id).exclude(skips__participant=participant_id)


def _renew(participant: Participant) -> bool:
    """A lease that ran out but that nobody has swept is still the annotator's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_lease SET expires_at = now() + make_interval(mins => %s) WHERE participant_id = %s",
            [participant.study.lease_minutes, participant.pk],
        )
        return bool(cursor.rowcount)


def _take_from_anywhere(participant: Participant) -> bool:
    """On from the cursor, then from the start, then again once expired leases are back."""
    cursor = (participant.cursor_taken, participant.cursor_key)
    if _take(participant, cursor) or _take(participant, (-1, -1)):
        return True
    return release_expired(participant.study) > 0 and _take(participant, (-1, -1))


def _take(participant: Participant, after: tuple[int, int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH chosen AS (
                SELECT i.id, i.taken, i.order_key FROM annotation_item i
                WHERE i.study_id = %(study)s AND i.taken < i.overlap
                  AND (i.taken, i.order_key) > (%(taken)s::int, %(key)s::int)
                  AND NOT EXISTS (SELECT FROM annotation_judgment j
                                  WHERE j.item_id = i.id AND j.participant_id = %(participant)s)
                  AND NOT EXISTS (SELECT FROM annotation_skip s
                                  WHERE s.item_id = i.id AND s.participant_id = %(participant)s)
                ORDER BY i.taken, i.order_key LIMIT 1 FOR UPDATE OF i SKIP LOCKED
            ), reserved AS (
                UPDATE annotation_item i SET taken = i.taken + 1 FROM chosen WHERE i.id = chosen.id
            ), remembered AS (
                UPDATE annotation_participant p SET cursor_taken = chosen.taken, cursor_key = chosen.order_key
                FROM chosen WHERE p.id = %(participant)s
            )
            INSERT INTO annotation_lease (participant_id, item_id, a_on_left, expires_at)
            SELECT %(participant)s, id, %(a_on_left)s, now() + make_interval(mins => %(minutes)s) FROM chosen
            """,
            {
                "study": participant.study_id,
                "participant": participant.pk,
                "taken": after[0],
                "key": after[1],
                "a_on_left": bool(secrets.randbits(1)),
                "minutes": participant.study.lease_minutes,
            },
        )
        return bool(cursor.rowcount)


@transaction.atomic
def release_expired(study: Study) -> int:
    """Give back what nobody judged in time; returns how many items came free."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM annotation_lease WHERE participant_id IN (
                SELECT l.participant_id FROM annotation_lease l JOIN annotation_item i ON i.id = l.item_id
                WHERE i.study_id = %s AND l.expires_at < now() FOR UPDATE OF l SKIP LOCKED
            ) RETURNING item_id
            """,
            [study.pk],
        )
        items = sorted(row[0] for row in cursor.fetchall())
        for item in items:  # one by one in the order of ids, so that two sweeps can't lock each other out
            cursor.execute("UPDATE annotation_item SET taken = taken - 1 WHERE id = %s", [item])
    return len(items)


def _write_judgment(
    participant: Participant, item_id: int, submission: uuid.UUID, plausibility: int, typicality: int | None
) -> int | None:
    """One statement: no lease, no judgment; the item's and the participant's counts move with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH lease AS (
                DELETE FROM annotation_lease WHERE participant_id = %(participant)s AND item_id = %(item)s
                RETURNING item_id, a_on_left, started_at
            ), counted AS (
                UPDATE annotation_item i SET n_judged = i.n_judged + 1 FROM lease WHERE i.id = lease.item_id
            ), moved AS (
                UPDATE annotation_participant p SET n_judged = p.n_judged + 1, revision = p.revision + 1
                FROM lease WHERE p.id = %(participant)s
            )
            INSERT INTO annotation_judgment
                (item_id, participant_id, submission, plausibility, typicality, a_on_left, seconds)
            SELECT item_id, %(participant)s, %(submission)s, %(plausibility)s, %(typicality)s, a_on_left,
                   extract(epoch FROM statement_timestamp() - started_at)
            FROM lease RETURNING id
            """,
            {
                "participant": participant.pk,
                "item": item_id,
                "submission": submission,
                "plausibility": plausibility,
                "typicality": typicality,
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None
