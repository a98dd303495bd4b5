"""The researcher's pages: studies, their figures, their judgments."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.design.protocol import StudyRefused
from annotation.design.services import study_set_state
from annotation.figures.headline import dashboard
from annotation.figures.numbers import study_revision
from annotation.figures.pages.annotators_page import annotators_page
from annotation.figures.pages.selection_form import SelectionForm
from annotation.figures.pages.starting import is_begun, study_pace, study_start
from annotation.figures.panels.all import panels_of
from annotation.figures.preferences.views import preference_detail, preference_polled
from annotation.figures.rows.asked import planned_anew
from annotation.figures.rows.together import revision_of
from annotation.judging.quality.interventions import participant_exclude, participant_pause, participant_resume
from annotation.judging.quality.measures import rules_alarm
from annotation.models import Participant, Skip, Study
from common.lists import ListForm


@require_safe
@researcher_required
def study_list(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.GET, states=Study.State.choices)
    studies = form.chosen(Study.objects.for_list())
    page = {"studies": [_row(study) for study in studies], "form": form, "n_archived": Study.objects.archived().count()}
    return render(request, "studies/list.html", page, status=400 if form.problem else 200)


@require_safe
@researcher_required
def study_detail(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.for_figures(), pk=study_id)
    if study.is_preference:
        return preference_detail(request, study)
    form = SelectionForm(request.GET, study=study)
    page = {"study": study, "form": form, "alarm": rules_alarm(study), "panels": panels_of(study)}
    page["n_without_picture"] = Skip.objects.without_picture(study)
    if form.problem:
        return render(request, "studies/detail.html", {**page, "problem": form.problem}, status=400)
    with planned_anew():
        revision = study_revision(study)
        if study.simulated or is_begun(study, revision):
            page["pace"] = study_pace(study, revision=revision)
        else:
            page |= {"start": study_start(study, request.user), "panels": []}
        page |= dashboard(study, form.selection, revision)
    answer = render(request, "studies/detail.html", page)
    if request.htmx:
        answer["HX-Push-Url"] = "?".join(filter(None, (request.path, form.selection.query)))
    return answer


@require_safe
@researcher_required
def study_figures(request: HttpRequest, study_id: int) -> HttpResponse:
    """Polled by the page; a 204 leaves it as it is."""
    revision = revision_of(study_id)
    if revision and request.GET.get("revision") == revision:
        return HttpResponse(status=204)
    study = get_object_or_404(Study.objects.for_figures(), pk=study_id)
    if study.is_preference:
        return preference_polled(request, study)
    if "start" in request.GET:  # the page has no panels yet: with the first judgment it comes anew
        return HttpResponse(headers={"HX-Refresh": "true"}) if is_begun(study) else HttpResponse(status=204)
    form = SelectionForm(request.GET, study=study)
    if form.problem:
        return HttpResponse(form.problem, status=400, content_type="text/plain; charset=utf-8")
    return render(request, "studies/_figures.html", dashboard(study, form.selection, revision))


@require_POST
@researcher_required
def study_state(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    try:
        study_set_state(study=study, state=request.POST.get("state", ""), by=request.user)
    except StudyRefused as error:
        messages.error(request, str(error))
    return redirect("study", study.pk)


@require_safe
@researcher_required
def study_annotators(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    page = {**annotators_page(study), "alarm": rules_alarm(study)}
    return render(request, "studies/annotators.html", page)


@require_POST
@researcher_required
def study_annotator(request: PersonRequest, study_id: int, participant_id: int) -> HttpResponse:
    participant = get_object_or_404(Participant, pk=participant_id, study=study_id)
    reason = request.POST.get("reason", "")
    try:
        match request.POST.get("to"):
            case "pause":
                participant_pause(participant=participant, reason=reason, by=request.user)
            case "resume":
                participant_resume(participant=participant, by=request.user)
            case "exclude":
                participant_exclude(participant=participant, reason=reason, by=request.user)
            case _:
                raise StudyRefused("An annotator can be paused, let go on or excluded; use the buttons of the page")
    except StudyRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("study-annotators", study_id)


def _row(study: Any) -> dict:  # a study with `judged` and `wanted`
    return {
        "study": study,
        "runs": ", ".join(run.name for run in study.runs.all()),
        "items": study.n_items,
        "judged": study.judged,
        "wanted": study.wanted,
        "url": reverse("study", args=[study.pk]),
    }
