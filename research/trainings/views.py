"""Trainings, for researchers: the list, one of them as it goes on, its state, and the curve as a file."""

import csv

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import PersonRequest, researcher_required
from research.models import Gain, Training
from research.trainings.page import detail_page
from research.trainings.refusals import TrainingRefused
from research.trainings.services import training_cancel, training_pause, training_resume
from research.trainings.waking import training_wake_or_say


@require_safe
@researcher_required
def training_list(request: HttpRequest) -> HttpResponse:
    is_archive = "archive" in request.GET
    trainings = Training.objects.for_list()
    shown = {
        "rows": trainings.none() if is_archive else trainings,
        "gains": Gain.objects.for_list().archived(is_archive),
        "form": {"is_archive": is_archive},
        "n_archived": Gain.objects.archived().count(),
    }
    return render(request, "research/trainings/list.html", shown)


@require_safe
@researcher_required
def training_detail(request: HttpRequest, name: str) -> HttpResponse:
    training = get_object_or_404(Training.objects.for_list(), name=name)
    return render(request, "research/trainings/detail.html", detail_page(training))


@require_safe
@researcher_required
def training_progress(request: HttpRequest, name: str) -> HttpResponse:
    """204 while nothing has changed."""
    page = detail_page(get_object_or_404(Training.objects.for_list(), name=name))
    if request.GET.get("revision") == page["revision"]:
        return HttpResponse(status=204)
    return render(request, "research/trainings/_live.html", page)


@require_POST
@researcher_required
def training_state(request: PersonRequest, name: str) -> HttpResponse:
    training = get_object_or_404(Training, name=name)
    try:
        if said := _set_state(training, request.POST.get("state", ""), str(request.user)):
            messages.info(request, said)
    except TrainingRefused as error:
        messages.error(request, str(error))
    return redirect("training-detail", training.name)


def _set_state(training: Training, state: str, who: str) -> str:
    """What the page does not show. Raises TrainingRefused."""
    match state:
        case Training.State.PAUSED:
            training_pause(training=training, why=f"Paused by {who}.")
            return "It ends at its next logged step, with a checkpoint."
        case Training.State.CANCELLED:
            training_cancel(training=training, why=f"Cancelled by {who}.")
            return ""
        case Training.State.WAITING:
            training_resume(training=training)
            return training_wake_or_say(training)
    raise TrainingRefused("A training can be paused, resumed or cancelled, nothing else")


@require_safe
@researcher_required
def training_csv(request: HttpRequest, name: str) -> HttpResponse:
    training = get_object_or_404(Training, name=name)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{training.name}-curve.csv"'
    columns = ("step", "kind", "loss", "lr", "tokens", "rate")
    writer = csv.writer(answer)
    writer.writerow(columns)
    writer.writerows(training.points.order_by("step", "kind").values_list(*columns))
    return answer
