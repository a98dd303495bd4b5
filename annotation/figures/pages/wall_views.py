"""A study in large letters for the wall of a lab, and who is judging at this moment."""

from typing import Any

from django.db.models import Max, OuterRef, Subquery
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from annotation.figures.headline import dashboard
from annotation.figures.pages.starting import study_pace
from annotation.models import Judgment, Lease, Study
from annotation.selection import EVERYTHING


@require_safe
@researcher_required
def study_wall(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.for_figures().of_ratings(), pk=study_id)
    page = {"study": study, **judging_now(study), "pace": study_pace(study), **dashboard(study, EVERYTHING)}
    return render(request, "studies/wall.html", page)


@require_safe
@researcher_required
def study_now(request: HttpRequest, study_id: int) -> HttpResponse:
    """Polled; a 204 leaves it as it is."""
    now = judging_now(study := get_object_or_404(Study, pk=study_id))
    if request.GET.get("revision") == now["now_revision"]:
        return HttpResponse(status=204)
    strip = "strip" in request.GET  # on the page of the figures, which says the pace already
    shown = {"study": study, "strip": strip, "pace": None if strip else study_pace(study)}
    return render(request, "studies/_now.html", shown | now)


def judging_now(study: Study) -> dict[str, Any]:
    """People with an item in hand, and the last judgment; nobody is named on a wall."""
    n = Lease.objects.filter(item__study=study, expires_at__gt=Now()).count()
    # Of each of them by the index: all judgments were read to find the last of a million.
    theirs = Judgment.objects.filter(participant=OuterRef("pk")).order_by("-pk").values("created_at")[:1]
    last = study.participants.aggregate(at=Max(Subquery(theirs)))["at"]
    return {"n_now": n, "last_at": last, "now_revision": f"{n}-{last and last.timestamp()}"}
