"""One gain, for researchers: each arm over the base, and the method over each control."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from common.words import percent
from research.gains.words import points_words
from research.models import Gain


@require_safe
@researcher_required
def gain_detail(request: HttpRequest, name: str) -> HttpResponse:
    gain = get_object_or_404(Gain.objects.for_list(), name=name)
    tasks = [each["task"] for each in gain.results["arms"][0]["over_base"]] if gain.results else []
    shown = {"gain": gain, "tables": [{"task": task, "rows": _rows(gain, task)} for task in tasks]}
    return render(request, "research/trainings/gain.html", shown)


def _rows(gain: Gain, task: str) -> list[dict[str, Any]]:
    return [_row(row, task) for row in gain.results["arms"]]


def _row(row: dict[str, Any], task: str) -> dict[str, Any]:
    (over_base,) = (each for each in row["over_base"] if each["task"] == task)
    over_it = [each for each in row.get("method_over_it", []) if each["task"] == task]
    return {
        "arm": row,
        "before": percent(over_base["before"]),
        "after": percent(over_base["after"]),
        "gain": points_words(over_base["difference"]),
        "over_it": points_words(over_it[0]["difference"]) if over_it else "",
    }
