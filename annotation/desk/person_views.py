"""The page of one annotator's work over time."""

from collections.abc import Mapping
from datetime import date
from statistics import median

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.desk.days import Day, days_of
from annotation.figures.panels.shares import PLOTTED, TICKS
from annotation.figures.plots import Dots, dots
from annotation.figures.words import whole_percent
from annotation.models import Participant
from common.words import day_words, median_words
from stats.rates import wilson


@require_safe
@researcher_required
def study_annotator_days(request: PersonRequest, study_id: int, participant_id: int) -> HttpResponse:
    person = get_object_or_404(Participant.objects.select_related("study"), pk=participant_id, study=study_id)
    found = days_of(person)
    days = [(day, _shown(each)) for day, each in sorted(found.items(), reverse=True)]
    page = {"study": person.study, "person": person, "days": days, "shown": {"plot": _agreement(found)}}
    return render(request, "desk/person.html", page)


def _agreement(found: Mapping[date, Day]) -> Dots | None:
    """With the items' others, by day; one day is no course."""
    told = [(day, wilson(sum(each.agrees), len(each.agrees))) for day, each in sorted(found.items()) if each.agrees]
    if len(told) < 2:
        return None
    return dots(
        [(day_words(day), rate, whole_percent(rate.value), "") for day, rate in told[-PLOTTED:]],
        label="Share of judgments that say what the item's others say, by day; the table has the values",
        across="With the item's others, with 95 % interval",
        ticks=TICKS,
    )


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
