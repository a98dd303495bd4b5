"""A run's page on diversity."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from common.refusals import Refused
from distillation.models import Run
from research.diversity.page import diversity_html, diversity_state
from research.diversity.services import DEFAULT_EMBEDDED, MOST_EMBEDDED, diversity_ask


class AskForm(forms.Form):
    embed = forms.IntegerField(required=False, min_value=0, max_value=MOST_EMBEDDED)


@require_safe
@researcher_required
def run_diversity(request: HttpRequest, name: str) -> HttpResponse:
    run = get_object_or_404(Run, name=name)
    page = diversity_state(run)
    figures = diversity_html(run, page["kept"]) if page["computed"] else ""
    context = {"page": page, "figures": figures, "run": run, "default_embedded": DEFAULT_EMBEDDED}
    return render(request, "diversity/page.html", context)


@require_safe
@researcher_required
def run_diversity_progress(request: HttpRequest, name: str) -> HttpResponse:
    """Polled while a worker computes; then the page comes anew, with the figures."""
    run = get_object_or_404(Run, name=name)
    page = diversity_state(run)
    answer = render(request, "diversity/_progress.html", {"page": page, "run": run})
    if not page["waiting"]:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@researcher_required
def run_diversity_ask(request: HttpRequest, name: str) -> HttpResponse:
    run, form = get_object_or_404(Run, name=name), AskForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Nothing is computed: give a number of vectors from 0 to {MOST_EMBEDDED:,}.")
        return redirect("run-diversity", run.name)
    try:
        diversity_ask(run=run, embed=form.cleaned_data["embed"] or 0)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("run-diversity", run.name)
