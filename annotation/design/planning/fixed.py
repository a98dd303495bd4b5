"""A study's plan: what it is for and when it ends, fixed before anybody judges."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from annotation.design.protocol import StudyRefused
from annotation.models import Judgment, Study, StudyPlan

Figure = StudyPlan.Figure


@dataclass(frozen=True, slots=True)
class Planned:
    """`items` None: all that were sampled. `half_width` is a share: 0.02 are 2 points."""

    figure: str
    items: int | None = None
    half_width: float | None = None


@transaction.atomic
def plan_fix(*, study: Study, planned: Planned, by: User | None = None) -> StudyPlan:
    """Until the first judgment a plan can be fixed anew, with a new time stamp; from then on it stands."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    items = study.n_items if planned.items is None else planned.items
    _refuse_impossible(study, planned, items)
    if first := _first_judgment(study):
        raise StudyRefused(
            f"The first judgment was given on {first:%Y-%m-%d at %H:%M}; a plan can only be fixed before it, so plan "
            "in a new study"
        )
    fixed = {"figure": planned.figure, "items": items, "half_width": planned.half_width, "fixed_by": by}
    StudyPlan.objects.update_or_create(study=study, defaults={**fixed, "fixed_at": Now()}, create_defaults=fixed)
    return StudyPlan.objects.get(study=study)


def plan_of(study: Study) -> StudyPlan | None:
    return StudyPlan.objects.select_related("fixed_by").filter(study=study).first()


def plan_open(study: Study) -> bool:
    """Whether it can still be fixed."""
    return _first_judgment(study) is None


def _first_judgment(study: Study) -> datetime | None:
    judgments = Judgment.objects.filter(participant__study=study).order_by("created_at")
    return judgments.values_list("created_at", flat=True).first()


def _refuse_impossible(study: Study, planned: Planned, items: int) -> None:
    if study.is_preference:
        raise StudyRefused("A plan is for a figure of ratings, and this study compares; make it without a plan")
    if planned.figure not in Figure.values:
        raise StudyRefused(f"A plan is for one of {', '.join(Figure.values)}; not {planned.figure!r}")
    if not 1 <= items <= study.n_items:
        raise StudyRefused(
            f"The study has {study.n_items:,} items, so a plan is for 1 to {study.n_items:,}; not {items:,}"
        )
    if planned.half_width is not None and not 0 < planned.half_width < 0.5:
        raise StudyRefused(
            f"A wanted half-width lies between 0 and 50 points, not at {100 * planned.half_width:g}; leave it "
            "out to plan by items alone"
        )
