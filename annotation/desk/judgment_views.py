"""Judgments to look through, many left out at once, and taken back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.design.protocol import StudyRefused
from annotation.desk.judgment_list import FIELDS, JudgmentsForm
from annotation.desk.leaving_out import judgments_leave_out, judgments_take_back, last_left_out
from annotation.desk.sending_back import judgments_send_back
from annotation.judging.shown import answers_shown, ratings_of
from annotation.models import Judgment, Study
from common.keyset import PAGE, Page, keys_in
from common.words import counted
from distillation.models import Exposure
from distillation.runs.exposure import exposure_record

SHOWN_WITH = ("participant", "item__intention__cobuy__a", "item__intention__cobuy__b")


@require_safe
@researcher_required
def study_judgments(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    form = JudgmentsForm(request.GET, study=study)
    context: dict[str, Any] = {"study": study, "form": form}
    if not form.is_valid():
        return render(request, "desk/judgments.html", {**context, "problem": form.problem}, status=400)
    exposure_record(user=request.user, runs=study.runs.values_list("pk", flat=True), where=Exposure.Where.PAGE)
    judgments = form.found()
    page = Page.at(form.keyset, lambda at: list(at.cut(judgments).values_list("pk", flat=True)[: PAGE + 1]))
    found = Judgment.objects.select_related(*SHOWN_WITH).in_bulk(page.keys)
    rows = [{"judgment": found[key], "answers": answers_shown(study, ratings_of(found[key]))} for key in page.keys]
    more = {"rows": rows, "page": page, "n_found": judgments.count(), "n_last": len(last_left_out(study))}
    return render(request, "desk/judgments.html", {**context, **more, "chosen": _chosen(request.GET)})


@require_POST
@researcher_required
def study_judgments_change(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    form = JudgmentsForm(request.GET, study=study)
    if not form.is_valid():
        messages.error(request, f"Nothing was changed: {form.problem}")
        return redirect("study-judgments-list", study.pk)
    asked: dict[str, Any] = {"study": study, "judgments": _asked(request.POST, study, form), "by": request.user}
    match request.POST.get("to"):
        case "leave-out":
            n = judgments_leave_out(**asked)
            messages.success(request, f"{counted(n, 'judgment')} left out: they stay on record and count no more.")
        case "take-back" | "undo":
            back = judgments_take_back(**asked)
            messages.success(request, f"{counted(back.judgments, 'judgment')} taken back.")
            if back.refused:
                messages.error(request, f"{back.refused:,} not: others have their places. Raise the overlap first.")
        case "send-back":
            _send_back(request, **asked)
        case _:
            messages.error(request, "Judgments can be left out, taken back or sent back; use the page's buttons.")
    return redirect("?".join(filter(None, (reverse("study-judgments-list", args=[study.pk]), _chosen(request.GET)))))


def _send_back(request: PersonRequest, **asked: Any) -> None:
    try:
        n = judgments_send_back(**asked, word=request.POST.get("word", ""))
        messages.success(
            request, f"{counted(n, 'judgment')} sent back: their annotators find them under their own items."
        )
    except StudyRefused as refusal:
        messages.error(request, str(refusal))


def _asked(posted: QueryDict, study: Study, form: JudgmentsForm) -> list[int]:
    """The chosen rows, all that the filters let through, or what was left out last."""
    if posted.get("to") == "undo":
        return last_left_out(study)
    if posted.get("all"):
        return list(form.found().values_list("pk", flat=True))
    return keys_in(posted, "judgment")


def _chosen(asked: QueryDict) -> str:
    """The filters without the page's place."""
    kept = QueryDict(mutable=True)
    for name in FIELDS:
        if asked.get(name):
            kept[name] = str(asked[name])
    return kept.urlencode()
