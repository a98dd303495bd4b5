"""Figures that take too long for a page: a worker makes them, and the page shows the last ones and of when they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation.figures.rows.asked import Asked
from annotation.models import SlowFigure, Study
from stats.estimate import Estimate, undefined

# A worker is not asked again sooner: it may be at it, or be busy with something else.
ASKED_AGAIN = timedelta(seconds=30)
WAITING = "a worker is working it out"
Figures = dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Latest:
    """Empty until first made; `as_of` when that was, None where they are of now."""

    figures: Figures
    as_of: datetime | None = None

    def get(self, name: str) -> Estimate:
        return self.figures.get(name, undefined(WAITING))


def judgments_revision(revision: str) -> str:
    """The part of a study's revision that its judgments move."""
    return revision.rpartition("-")[0]


def latest(asked: Asked, names: list[str]) -> dict[str, Latest]:
    """What was made last, by name; where judgments have come since, a worker is asked for more."""
    return {name: _latest(found, asked.revision) for name, found in _found(asked, names).items()}


def _found(asked: Asked, names: list[str]) -> dict[str, SlowFigure]:
    choice = asked.selection.counted.query
    asked_for = SlowFigure.objects.filter(study=asked.study, choice=choice, name__in=names)
    found = {each.name: each for each in asked_for}
    if new := [SlowFigure(study=asked.study, name=name, choice=choice) for name in names if name not in found]:
        SlowFigure.objects.bulk_create(new, ignore_conflicts=True)
        found = {each.name: each for each in asked_for.all()}
    return found


def _latest(found: SlowFigure, revision: str) -> Latest:
    if found.made_at and found.revision == judgments_revision(revision):
        return Latest(_read(found.numbers))
    if found.asked_at is None or found.asked_at < timezone.now() - ASKED_AGAIN:
        _ask(found)
    return Latest(_read(found.numbers), found.made_at)


def _ask(found: SlowFigure) -> None:
    now = timezone.now()
    due = Q(asked_at=None) | Q(asked_at__lt=now - ASKED_AGAIN)
    if SlowFigure.objects.filter(due, pk=found.pk).update(asked_at=now):
        transaction.on_commit(partial(_send, found.pk))


def _send(pk: int) -> None:
    try:
        current_app.send_task("annotation.figures.tasks.slow_figure_make", [pk])
    except OperationalError:  # the broker is away: the page asks again
        SlowFigure.objects.filter(pk=pk).update(asked_at=None)


@transaction.atomic
def slow_figure_save(*, figure: SlowFigure, figures: Mapping[str, Estimate], revision: str) -> None:
    figure.numbers = {name: each.as_dict() for name, each in figures.items()}
    figure.revision, figure.made_at = judgments_revision(revision), timezone.now()
    figure.save(update_fields=["numbers", "revision", "made_at"])
    Study.objects.filter(pk=figure.study_id).update(slow_revision=F("slow_revision") + 1)


def _read(numbers: dict[str, dict]) -> Figures:
    return {name: _estimate(leaf) for name, leaf in numbers.items()}


def _estimate(leaf: dict) -> Estimate:
    bounds = leaf["ci95"] and (leaf["ci95"][0], leaf["ci95"][1])
    return Estimate(leaf["value"], bounds, leaf["n"], leaf.get("reason", ""), leaf.get("note", ""))
