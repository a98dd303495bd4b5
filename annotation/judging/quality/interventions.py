"""A researcher pauses, resumes or excludes annotators. Each function takes the participant's lock first, as judging
does, and items in the order of their ids, as the release of leases does."""

from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.design.protocol import StudyRefused
from annotation.judging.leases import lease_release
from annotation.judging.participants import participant_lock
from annotation.judging.tallying import items_retally
from annotation.models import Item, Lease, Participant, Skip, Study

State = Participant.State
REASON_LENGTH = 200


@transaction.atomic
def participant_pause(*, participant: Participant, reason: str, by: User) -> None:
    participant = participant_lock(participant)
    _refuse_unless(participant, State.ACTIVE, "can be paused")
    lease_release(participant=participant)
    _move(participant, State.PAUSED, f"{by.get_username()} has paused you: {_worded(reason)}")
    _record(Deed.Kind.ANNOTATOR_PAUSED, participant, by)


@transaction.atomic
def participant_resume(*, participant: Participant, by: User) -> None:
    """The kept reason tells the rules that a person has decided: they don't pause this annotator again."""
    participant = participant_lock(participant)
    _refuse_unless(participant, State.PAUSED, "can go on")
    _move(participant, State.ACTIVE, f"{by.get_username()} has let them go on; rules don't pause them again")
    _record(Deed.Kind.ANNOTATOR_RESUMED, participant, by)


@transaction.atomic
def participant_exclude(*, participant: Participant, reason: str, by: User) -> None:
    """For good: the judgments stay but no longer count, and others may judge the items instead."""
    participant = participant_lock(participant)
    if participant.state == State.EXCLUDED:
        return  # a second click
    judged = Q(pk__in=participant.judgments.firsts().values("item"))
    in_hand = Q(pk__in=Lease.objects.filter(participant=participant).values("item"))
    locked = Item.objects.filter(judged | in_hand).order_by("pk").select_for_update(no_key=True)
    items = list(locked.values_list("pk", flat=True))
    lease_release(participant=participant)
    _move(participant, State.EXCLUDED, f"{by.get_username()} has excluded you: {_worded(reason)}")
    items_retally(participant.study, items)
    Participant.objects.filter(pk=participant.pk).counted_anew()
    _record(Deed.Kind.ANNOTATOR_EXCLUDED, participant, by)


@transaction.atomic
def skips_offer_again(*, study: Study, skips: Iterable[int]) -> int:
    """Let those who skipped these items have them once more; returns how many. The skips stay on record."""
    chosen = Skip.objects.standing().filter(item__study=study, pk__in=list(skips))
    owners = chosen.values("participant")
    list(Participant.objects.filter(pk__in=owners).order_by("pk").select_for_update().values_list("pk"))
    found = dict(chosen.values_list("pk", "participant"))
    Skip.objects.filter(pk__in=found).update(offered_at=Now())
    for participant, n in Counter(found.values()).items():
        counts = {"n_skipped": F("n_skipped") - n, "revision": F("revision") + 1}
        Participant.objects.filter(pk=participant).update(**counts)
    Participant.objects.filter(pk__in=found.values()).search_anew()
    return len(found)


def _record(kind: Deed.Kind, participant: Participant, by: User) -> None:
    deed_record(kind=kind, by=by, person=participant.annotator, about=participant.study.name)


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
