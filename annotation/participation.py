"""A researcher's hand on annotators: pause, let go on, exclude. Each takes the participant's lock first, as judging
does, and items in the order of their ids, as the release of leases does."""

from django.db import connection, transaction
from django.db.models import F

from accounts.models import User
from annotation.allocation import lease_release, participant_lock
from annotation.models import Participant
from annotation.protocol import StudyRefused

State = Participant.State
REASON_LENGTH = 200


@transaction.atomic
def participant_pause(*, participant: Participant, reason: str, by: User) -> None:
    participant = participant_lock(participant)
    _refuse_unless(participant, State.ACTIVE, "can be paused")
    lease_release(participant=participant)
    _move(participant, State.PAUSED, f"{by.get_username()} has paused you: {_worded(reason)}")


@transaction.atomic
def participant_resume(*, participant: Participant, by: User) -> None:
    """The kept reason tells the rules that a person has decided: they don't pause this annotator again."""
    participant = participant_lock(participant)
    _refuse_unless(participant, State.PAUSED, "can go on")
    _move(participant, State.ACTIVE, f"{by.get_username()} has let them go on; rules don't pause them again")


@transaction.atomic
def participant_exclude(*, participant: Participant, reason: str, by: User) -> None:
    """For good: the judgments stay and no longer count, and their places are free for others."""
    participant = participant_lock(participant)
    if participant.state == State.EXCLUDED:
        return  # a second click
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH lease AS (
                DELETE FROM annotation_lease WHERE participant_id = %(participant)s RETURNING item_id, kind
            ), given_back AS (
                SELECT item_id, 1 AS judged FROM annotation_judgment
                WHERE participant_id = %(participant)s AND kind = 'item'
                UNION ALL SELECT item_id, 0 FROM lease WHERE kind = 'item'
            ), locked AS (
                SELECT id FROM annotation_item WHERE id IN (SELECT item_id FROM given_back)
                ORDER BY id FOR NO KEY UPDATE
            )
            UPDATE annotation_item i SET taken = i.taken - 1, n_judged = i.n_judged - g.judged
            FROM locked JOIN given_back g ON g.item_id = locked.id WHERE i.id = locked.id
            """,
            {"participant": participant.pk},
        )
    _move(participant, State.EXCLUDED, f"{by.get_username()} has excluded you: {_worded(reason)}")


def _refuse_unless(participant: Participant, state: str, what: str) -> None:
    if participant.state != state:
        raise StudyRefused(
            f"{participant} is {participant.get_state_display()}; only who is {State(state).label} {what}"
        )


def _worded(reason: str) -> str:
    if not reason.strip():
        raise StudyRefused("Say why in a few words: the annotator reads it")
    return reason.strip()[:REASON_LENGTH]


def _move(participant: Participant, state: str, reason: str) -> None:
    Participant.objects.filter(pk=participant.pk).update(
        state=state, state_reason=reason[:300], revision=F("revision") + 1
    )
