"""Experiments in shops, for researchers: the list and one of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from research.models import OnlineExperiment
from research.online.page import online_page
from research.online.results import online_results


@require_safe
@researcher_required
def online_list(request: HttpRequest) -> HttpResponse:
    rows = OnlineExperiment.objects.prefetch_related("arms").order_by("-pk")
    return render(request, "research/online/list.html", {"rows": rows})


@require_safe
@researcher_required
def online_detail(request: HttpRequest, name: str) -> HttpResponse:
    online = get_object_or_404(OnlineExperiment.objects.prefetch_related("arms__run"), name=name)
    return render(request, "research/online/detail.html", online_page(online_results(online)))
