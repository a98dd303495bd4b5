"""The researcher's pages: studies, their figures, their judgments."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import researcher_required
from annotation.exports import judgments_csv
from annotation.figures_page import figures_page
from annotation.forms import StudyForm
from annotation.models import Study
from annotation.reports import study_revision
from annotation.services import StudyRefused, study_create, study_set_state


@require_safe
@researcher_required
def study_list(request: HttpRequest) -> HttpResponse:
    studies = Study.objects.for_list().order_by("-created_at")
    return render(request, "studies/list.html", {"studies": [_row(study) for study in studies]})


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def study_new(request: HttpRequest) -> HttpResponse:
    form = StudyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            study = study_create(**form.cleaned_data, created_by=request.user)
        except StudyRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"The study {study.name} is open: annotators find it under Judge.")
            return redirect("study", study.pk)
    return render(request, "studies/new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@researcher_required
def study_detail(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    return render(request, "studies/detail.html", {"study": study, "figures": figures_page(study)})


@require_safe
@researcher_required
def study_figures(request: HttpRequest, study_id: int) -> HttpResponse:
    """Polled; 204 leaves the page as it is."""
    study = get_object_or_404(Study, pk=study_id)
    if request.GET.get("revision") == study_revision(study):
        return HttpResponse(status=204)
    return render(request, "studies/_figures.html", {"study": study, "figures": figures_page(study)})


@require_POST
@researcher_required
def study_state(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    try:
        study_set_state(study=study, state=request.POST.get("state", ""))
    except StudyRefused as error:
        messages.error(request, str(error))
    return redirect("study", study.pk)


@require_safe
@researcher_required
def study_export(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    name = f"{slugify(study.name) or study.pk}-judgments.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(judgments_csv(study), content_type="text/csv; charset=utf-8", headers=headers)


def _row(study: Study) -> dict:
    return {
        "study": study,
        "runs": ", ".join(run.name for run in study.runs.all()),
        "items": study.items.count(),
        "judged": study.judged,
        "wanted": study.wanted,
        "url": reverse("study", args=[study.pk]),
    }
