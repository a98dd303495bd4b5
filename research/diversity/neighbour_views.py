"""A part of an intention's page, fetched when the page is there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from distillation.models import Intention
from research.diversity.neighbours import neighbours_of


@require_safe
@researcher_required
def neighbours(request: HttpRequest, intention_id: int) -> HttpResponse:
    intention = get_object_or_404(Intention.objects.select_related("run"), pk=intention_id)
    found = neighbours_of(intention)
    rows = [
        {"likeness": f"{likeness:.2f}", "intention": each, "url": reverse("intention", args=[each.pk])}
        for likeness, each in (found.rows if found else [])
    ]
    return render(request, "diversity/_neighbours.html", {"run": intention.run, "found": found, "rows": rows})
