"""The researcher's pages: studies, their figures, their judgments."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from annotation.annotators_page import annotators_page
from annotation.exports import judgments_csv
from annotation.figures_page import figures_page
from annotation.models import Participant, Study
from annotation.participation import participant_exclude, participant_pause, participant_resume
from annotation.protocol import StudyRefused
from annotation.quality import rules_alarm
from annotation.reports import study_revision
from annotation.services import study_set_state


@require_safe
@researcher_required
def study_list(request: HttpRequest) -> HttpResponse:
    studies = Study.objects.for_list().order_by("-created_at")
    return render(request, "studies/list.html", {"studies": [_row(study) for study in studies]})


@require_safe
@researcher_required
def study_detail(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    return render(request, "studies/detail.html", {**_figures(request, study), "alarm": rules_alarm(study)})


@require_safe
@researcher_required
def study_figures(request: HttpRequest, study_id: int) -> HttpResponse:
    """Polled; 204 leaves the page as it is."""
    study = get_object_or_404(Study, pk=study_id)
    if request.GET.get("revision") == study_revision(study):
        return HttpResponse(status=204)
    return render(request, "studies/_figures.html", _figures(request, study))


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


@require_safe
@researcher_required
def study_annotators(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    page = {"study": study, "rows": annotators_page(study), "alarm": rules_alarm(study)}
    return render(request, "studies/annotators.html", page)


@require_POST
@researcher_required
def study_annotator(request: HttpRequest, study_id: int, participant_id: int) -> HttpResponse:
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


def _figures(request: HttpRequest, study: Study) -> dict:
    with_excluded = bool(request.GET.get("excluded"))
    return {
        "study": study,
        "figures": figures_page(study, with_excluded=with_excluded),
        "with_excluded": with_excluded,
        "n_excluded": study.participants.filter(state=Participant.State.EXCLUDED).count(),
    }


def _row(study: Study) -> dict:
    return {
        "study": study,
        "runs": ", ".join(run.name for run in study.runs.all()),
        "items": study.n_items,
        "judged": study.judged,
        "wanted": study.wanted,
        "url": reverse("study", args=[study.pk]),
    }
