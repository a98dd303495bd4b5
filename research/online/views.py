"""Experiments in shops, for researchers: the list, a new one, and one of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest, researcher_required
from research.models import OnlineExperiment
from research.online.forms import STARTS_WITH, Arms, OnlineForm, ShopForm, arms_asked
from research.online.page import online_page
from research.online.refusals import OnlineRefused
from research.online.results import online_results
from research.online.services import ArmPlan, online_create, online_stop


@require_safe
@researcher_required
def online_list(request: HttpRequest) -> HttpResponse:
    form = ShopForm(request.GET, states=(("running", "running"), ("stopped", "stopped")))
    rows = form.chosen(OnlineExperiment.objects.prefetch_related("arms"))
    page = {"rows": rows, "form": form, "n_archived": OnlineExperiment.objects.archived().count()}
    return render(request, "research/online/list.html", page, status=400 if form.problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def online_new(request: PersonRequest) -> HttpResponse:
    form = OnlineForm(request.POST or None)
    arms = Arms(request.POST or None, prefix="arm", initial=None if request.POST else STARTS_WITH)
    if request.method == "POST" and form.is_valid() and arms.is_valid():
        try:
            made = online_create(
                arms=[ArmPlan(**asked) for asked in arms_asked(arms)], created_by=request.user, **form.cleaned_data
            )
        except OnlineRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The experiment takes exposures from now on.")
            return redirect("online-detail", made.name)
    is_bad = request.method == "POST"
    return render(request, "research/online/new.html", {"form": form, "arms": arms}, status=422 if is_bad else 200)


@require_POST
@researcher_required
def online_end(request: HttpRequest, name: str) -> HttpResponse:
    online = get_object_or_404(OnlineExperiment, name=name)
    online_stop(online=online)
    messages.success(request, "Exposures after now are not taken; outcomes are, as windows are open still.")
    return redirect("online-detail", online.name)


@require_safe
@researcher_required
def online_detail(request: HttpRequest, name: str) -> HttpResponse:
    online = get_object_or_404(OnlineExperiment.objects.prefetch_related("arms__run"), name=name)
    api = request.build_absolute_uri(reverse("api:online", args=[online.name]))
    return render(request, "research/online/detail.html", {**online_page(online_results(online)), "api": api})
