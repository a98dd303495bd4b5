"""More of a study that is at work: items of the same design, a higher overlap, a deadline. Each is kept as a change of
the study; beside a plan that was fixed before, it is a deviation that the report tells."""

from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from accounts.models import Deed, User
from accounts.trail import deed_record
from annotation.design import sampling
from annotation.design.items import items_add
from annotation.design.population import strata_members
from annotation.design.protocol import StudyRefused, refuse_too_few
from annotation.design.services import of_all_runs, units_of
from annotation.models import Item, Study, StudyChange
from annotation.models.protocol_fields import PROTOCOL_FIELDS
from common.complete import wanted
from distillation.catalog.selection import CatalogSelection

REMINDER_LENGTH = 300


@transaction.atomic
def study_raise_overlap(*, study: Study, overlap: int, by: User | None) -> None:
    """More judgments an item. Items stay complete by the overlap that they were drawn with, till the new one is met."""
    study = _locked(study)
    if overlap <= study.overlap:
        raise StudyRefused(f"The overlap is {study.overlap}; it can be raised only, not set to {overlap}")
    if overlap > (most := PROTOCOL_FIELDS["overlap"].most):
        raise StudyRefused(f"An overlap of {overlap} is more than {most:g} judgments an item; choose a smaller one")
    refuse_too_few(overlap, list(study.groups.all()))
    asked = study.items.sampled().filter(overlap__gt=0)
    asked.update(drawn_overlap=wanted(), overlap=overlap)
    before, study.overlap = study.overlap, overlap
    study.was_raised = True
    study.save(update_fields=["overlap", "was_raised"])
    _search_anew(study)
    change_record(study=study, kind=StudyChange.Kind.OVERLAP, before=str(before), now=str(overlap), by=by)


@transaction.atomic
def study_add_items(*, study: Study, items: int, by: User | None) -> None:
    """Draw so many more in the same design: from what is left of each stratum, in the shares of the sample.

    Without replacement twice is without replacement once: with m more of N - n, each of a stratum's N had the chance
    (n + m) / N, and those drawn first get it too (Särndal, Swensson and Wretman 1992, 3.7).
    """
    study = _locked(study)
    _refuse_unfit(study, items)
    runs = study.runs_in_order
    drawn = _drawn(study)
    left = _left(study, drawn)
    more = _more(drawn, left, units_of(items, runs, paired=study.paired))
    rng = np.random.default_rng([study.seed, study.n_items])
    found = sampling.draw(left, more, rng)
    chances = {name: (len(ids) + more[name]) / size for name, (ids, size) in drawn.items()}
    for name, chance in chances.items():
        study.items.sampled().filter(stratum=name).update(inclusion_probability=chance)
    if study.paired:
        found = of_all_runs(found, runs, rng)
    first = 1 + (study.items.sampled().aggregate(last=Max("order_key"))["last"] or 0)
    items_add(
        study,
        [
            Item(
                intention_id=each.id,
                stratum=each.stratum,
                inclusion_probability=chances[each.stratum],
                order_key=first + place,
            )
            for place, each in enumerate(found)
        ],
    )
    before = study.n_items
    Study.objects.filter(pk=study.pk).update(n_items=F("n_items") + len(found))
    _search_anew(study)
    change_record(study=study, kind=StudyChange.Kind.ITEMS, before=str(before), now=str(before + len(found)), by=by)


@transaction.atomic
def study_set_deadline(*, study: Study, deadline: datetime | None, reminder: str, by: User | None) -> None:
    """After it nothing is taken; what is open then can be saved."""
    study = _locked(study)
    if deadline and deadline <= timezone.now():
        raise StudyRefused("This deadline has passed already; give a later one, or none")
    if len(reminder) > REMINDER_LENGTH:
        raise StudyRefused(f"The word beside the deadline may have {REMINDER_LENGTH} letters; make it shorter")
    before, study.deadline, study.reminder = study.deadline, deadline, reminder.strip()
    study.save(update_fields=["deadline", "reminder"])
    if before != deadline:
        change_record(study=study, kind=StudyChange.Kind.DEADLINE, before=_day(before), now=_day(deadline), by=by)


def change_record(*, study: Study, kind: str, by: User | None, before: str = "", now: str = "") -> None:
    StudyChange.objects.create(study=study, kind=kind, before=before, now=now, by=by)
    deed_record(kind=Deed.Kind.STUDY_EXTENDED, by=by, about=study.name, what=kind, before=before, now=now)


def _locked(study: Study) -> Study:
    """Nobody judges meanwhile: whoever does takes the lock of their own row first."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    list(study.participants.order_by("pk").select_for_update().values_list("pk"))
    return study


def _refuse_unfit(study: Study, items: int) -> None:
    if study.is_preference:
        raise StudyRefused("Items can't be added to a study of preferences; make a second one over the same runs")
    if items < 1:
        raise StudyRefused("Add at least one item")


def _drawn(study: Study) -> dict[str, tuple[list[int], int]]:
    """By stratum, of units: the intentions that were drawn, and of how many."""
    found: dict[str, tuple[list[int], int]] = {}
    units = study.items.sampled()
    if study.paired:
        units = units.filter(run=study.runs_in_order[0])
    for stratum, pk, chance in units.values_list("stratum", "intention", "inclusion_probability").order_by("pk"):
        found.setdefault(stratum, ([], 0))[0].append(pk)
        found[stratum] = (found[stratum][0], chance)
    return {name: (ids, round(len(ids) / chance)) for name, (ids, chance) in found.items()}


def _left(study: Study, drawn: dict[str, tuple[list[int], int]]) -> dict[str, np.ndarray]:
    """What can still be drawn, where the runs are as they were when the sample was drawn."""
    gold = set(study.items.filter(gold__isnull=False).values_list("intention", flat=True))
    now = strata_members(
        study.runs_in_order,
        study.strata,
        without=gold,
        paired=study.paired,
        catalog=CatalogSelection.of_config(study.catalog),
    )
    if changed := sorted(name for name, (_, size) in drawn.items() if len(now.get(name, ())) != size):
        raise StudyRefused(
            f"The runs are not as they were when the sample was drawn ({changed[0] or 'the one stratum'} had "
            f"{drawn[changed[0]][1]:,} intentions and has {len(now.get(changed[0], ())):,}); make a second study"
        )
    return {name: np.setdiff1d(now[name], ids) for name, (ids, _) in drawn.items()}


def _more(drawn: dict[str, tuple[list[int], int]], left: dict[str, np.ndarray], units: int) -> dict[str, int]:
    room = {name: len(ids) for name, ids in left.items()}
    if units > sum(room.values()):
        raise StudyRefused(f"There are {sum(room.values()):,} intentions left to draw; ask for at most that many")
    return sampling.allocate_more({name: len(ids) for name, (ids, _) in drawn.items()}, room, units)


def _search_anew(study: Study) -> None:
    """Cursors may have passed what is free again; figures are of another sample."""
    study.participants.search_anew()
    study.participants.counted_anew()
    Study.objects.filter(pk=study.pk).update(slow_revision=F("slow_revision") + 1)
    study.slow_figures.all().delete()


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "none"
