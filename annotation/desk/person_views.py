"""The page of one annotator's work over time."""

from statistics import median

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.desk.days import Day, days_of
from annotation.figures.words import whole_percent
from annotation.models import Participant
from common.words import median_words


@require_safe
@researcher_required
def study_annotator_days(request: PersonRequest, study_id: int, participant_id: int) -> HttpResponse:
    person = get_object_or_404(Participant.objects.select_related("study"), pk=participant_id, study=study_id)
    days = [(day, _shown(found)) for day, found in sorted(days_of(person).items(), reverse=True)]
    return render(request, "desk/person.html", {"study": person.study, "person": person, "days": days})


def _shown(day: Day) -> dict[str, str | int]:
    return {
        "n": len(day.seconds),
        "median": median_words(median(day.seconds)) if day.seconds else "–",
        "yes": _share(day.yes),
        "agrees": _share(day.agrees),
        "gold": _share(day.gold),
        "left_out": day.left_out,
        "skips": day.skips,
    }


def _share(said: list[bool]) -> str:
    return f"{whole_percent(sum(said) / len(said))} of {len(said):,}" if said else "–"
