"""Items that only some may have: a person, or a group. The overlap holds as for all items."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.design.protocol import StudyRefused
from annotation.models import Assignment, Item, Study
from common.words import counted


@dataclass(frozen=True, slots=True)
class Assigned:
    items: int
    too_few: str  # a warning, where the items can't be completed by these people alone


@transaction.atomic
def items_assign(
    *,
    study: Study,
    person: User | None = None,
    group: Group | None = None,
    category: str = "",
    n: int | None = None,
    by: User | None,
) -> Assigned:
    """Items that want more judgments, `n` of them in the order of allocation, or all. Assigned twice, both may have
    them. Raises StudyRefused."""
    if (person is None) == (group is None):
        raise StudyRefused("Assign to one person or to one group; choose one of the two")
    if person and not Study.objects.for_annotator(person).filter(pk=study.pk).exists():
        raise StudyRefused(f"{person} may not judge in {study.name}; change their groups or the study's first")
    free = study.items.sampled().filter(n_judged__lt=F("overlap"), **({"category": category} if category else {}))
    items = list(free.order_by("order_key").values_list("pk", flat=True)[: n or None])
    if not items:
        raise StudyRefused("No item of this choice wants a judgment any more; choose others")
    Assignment.objects.bulk_create(
        (Assignment(item_id=pk, person=person, group=group) for pk in items), batch_size=5_000, ignore_conflicts=True
    )
    Item.objects.filter(pk__in=items).update(is_assigned=True)
    study.participants.search_anew()
    to = f"group {group.pk}" if group else "a person"
    deed_record(kind=Deed.Kind.STUDY_ASSIGNED, by=by, person=person, about=study.name, items=len(items), to=to)
    return Assigned(len(items), _too_few(study, person, group))


@transaction.atomic
def items_unassign(*, study: Study, by: User | None) -> int:
    """Everybody of the study may have all items again."""
    Assignment.objects.filter(item__study=study).delete()
    n = study.items.filter(is_assigned=True).update(is_assigned=False)
    study.participants.search_anew()
    if n:
        deed_record(kind=Deed.Kind.STUDY_ASSIGNED, by=by, about=study.name, items=n, to="everybody")
    return n


def assigned_to(study: Study) -> list[str]:
    """Who has how many items, in words."""
    names = ("person__username", "group__name")
    rows = Assignment.objects.filter(item__study=study).order_by(*names).values_list(*names)
    found: dict[str, int] = {}
    for person, group in rows:
        who = person or f"group {group}"
        found[who] = found.get(who, 0) + 1
    return [f"{who}: {counted(n, 'item')}" for who, n in found.items()]


def assignments_forget(items: list[int]) -> None:
    """After somebody has gone: what is assigned to nobody is everybody's again."""
    Item.objects.filter(pk__in=items, is_assigned=True, assignments=None).update(is_assigned=False, came_back=True)


def _too_few(study: Study, person: User | None, group: Group | None) -> str:
    able = 1 if person else User.objects.filter(groups=group, is_active=True, role=User.Role.ANNOTATOR).count()
    if able >= study.overlap:
        return ""
    return f"Only {able} can judge these items, which want {study.overlap} judgments each; assign them to others too"
