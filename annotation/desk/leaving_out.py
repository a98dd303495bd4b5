"""Single judgments left out by a researcher, many at once, and taken back. They stay on record and count nowhere; the
items go to others. Locks are taken as judging takes them: participants, then items in the order of their ids."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.judging.tallying import items_retally, participants_recount
from annotation.models import Item, Judgment, Kind, Participant, Study


@dataclass(frozen=True, slots=True)
class TakenBack:
    judgments: int
    refused: int  # their places were given to others meanwhile


@transaction.atomic
def judgments_leave_out(*, study: Study, judgments: Collection[int], by: User) -> int:
    """How many of these count no more; gold answers, which tell who is qualified, stay."""
    chosen = _locked(study, judgments)
    found = [each.pk for each in chosen if each.kind not in (Kind.GOLD, Kind.LEFT_OUT, Kind.UNSEEN)]
    Judgment.objects.filter(pk__in=found).update(was_kind=F("kind"), kind=Kind.LEFT_OUT, left_out_at=timezone.now())
    _count_anew(study, chosen)
    if found:
        deed_record(kind=Deed.Kind.JUDGMENTS_EXCLUDED, by=by, about=study.name, judgments=len(found))
    return len(found)


@transaction.atomic
def judgments_offer_again(*, study: Study, judgments: Collection[int]) -> int:
    """Ask once more for what was judged although a picture had failed; returns how many. These judgments are kept and
    count no more. Who was shown the verdict does not get the item again."""
    _locked(study, judgments)
    chosen = list(Judgment.objects.without_picture().filter(pk__in=judgments, participant__study=study))
    Judgment.objects.filter(pk__in=[each.pk for each in chosen]).update(kind=Kind.UNSEEN)
    _count_anew(study, chosen)
    study.participants.filter(pk__in={each.participant_id for each in chosen}).search_anew()
    return len(chosen)


@transaction.atomic
def judgments_take_back(*, study: Study, judgments: Collection[int], by: User) -> TakenBack:
    """Let these count again, as far as their items still have room."""
    chosen = [each for each in _locked(study, judgments) if each.kind == Kind.LEFT_OUT]
    items = Item.objects.filter(pk__in={each.item_id for each in chosen})
    room = {pk: overlap - taken for pk, overlap, taken in items.values_list("pk", "overlap", "taken")}
    back: dict[str, list[int]] = {}
    for each in chosen:
        kind = each.was_kind or Kind.ITEM
        if kind == Kind.ITEM:
            room[each.item_id] -= 1
        if kind != Kind.ITEM or room[each.item_id] >= 0:
            back.setdefault(kind, []).append(each.pk)
    for kind, pks in back.items():
        Judgment.objects.filter(pk__in=pks).update(kind=kind, was_kind="", left_out_at=None)
    _count_anew(study, chosen)
    n = sum(map(len, back.values()))
    if n:
        deed_record(kind=Deed.Kind.JUDGMENTS_INCLUDED, by=by, about=study.name, judgments=n)
    return TakenBack(n, len(chosen) - n)


def last_left_out(study: Study) -> list[int]:
    """What was left out at once, the last time."""
    gone = Judgment.objects.left_out().filter(participant__study=study, left_out_at__isnull=False)
    latest = gone.order_by("-left_out_at").values_list("left_out_at", flat=True).first()
    return list(gone.filter(left_out_at=latest).values_list("pk", flat=True)) if latest else []


def _locked(study: Study, judgments: Collection[int]) -> list[Judgment]:
    chosen = Judgment.objects.filter(pk__in=judgments, participant__study=study)
    people = Participant.objects.filter(pk__in=chosen.order_by().values("participant"))
    list(people.order_by("pk").select_for_update().values_list("pk"))
    items = Item.objects.filter(pk__in=chosen.order_by().values("item"))
    list(items.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return list(chosen.order_by("pk"))


def _count_anew(study: Study, judgments: list[Judgment]) -> None:
    people = sorted({each.participant_id for each in judgments})
    items_retally(study, sorted({each.item_id for each in judgments}))
    participants_recount(study, people)
    Participant.objects.filter(pk__in=people).counted_anew()
