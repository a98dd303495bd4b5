"""The annotator's pages. Each answers with a whole page, or, to HTMX, with what stands between the bars."""

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotation.allocation import JudgingRefused, item_skip, participant_get
from annotation.forms import AuditForm, RatingForm, SkipForm
from annotation.judge_page import page_context, progress
from annotation.judging import audit_save, judgment_save
from annotation.models import Participant, Study

BROKEN_FORM = "The form came broken; load the page again"


@require_safe
@login_required
def judge_home(request: HttpRequest) -> HttpResponse:
    studies = Study.objects.for_annotator(request.user)
    return render(request, "judge/home.html", {"studies": [_home_row(request, study) for study in studies]})


@require_safe
@never_cache
@login_required
def judge_page(request: HttpRequest, study_id: int) -> HttpResponse:
    return _answer(request, _participant(request, study_id))


@require_POST
@login_required
def judge_save(request: HttpRequest, study_id: int) -> HttpResponse:
    participant, form = _participant(request, study_id), RatingForm(request.POST)
    if not form.is_valid():
        return _refuse(request, participant, BROKEN_FORM)
    ratings = {name: form.cleaned_data[name] for name in ("plausibility", "typicality")}
    try:
        judgment_save(
            participant=participant,
            item_id=form.cleaned_data["item"],
            submission=form.cleaned_data["submission"],
            active_seconds=form.cleaned_data["active_seconds"],
            comment=form.cleaned_data["comment"],
            **ratings,
        )
    except JudgingRefused as error:
        return _refuse(request, participant, str(error), ratings)
    return _go_on(request, participant)


@require_POST
@login_required
def judge_audit(request: HttpRequest, study_id: int) -> HttpResponse:
    participant, form = _participant(request, study_id), AuditForm(request.POST)
    if not form.is_valid():
        return _refuse(request, participant, _first_error(form, "answer", "Answer the question: Was the filter right?"))
    try:
        audit_save(
            participant=participant,
            judgment_id=form.cleaned_data["judgment"],
            filter_right=form.cleaned_data["answer"] == "right",
            reason=form.cleaned_data["reason"],
        )
    except JudgingRefused as error:
        return _refuse(request, participant, str(error))
    return _go_on(request, participant)


@require_POST
@login_required
def judge_skip(request: HttpRequest, study_id: int) -> HttpResponse:
    participant, form = _participant(request, study_id), SkipForm(request.POST)
    if not form.is_valid():
        return _refuse(request, participant, BROKEN_FORM)
    try:
        item_skip(participant=participant, item_id=form.cleaned_data["item"], reason=form.cleaned_data["reason"])
    except JudgingRefused as error:
        return _refuse(request, participant, str(error))
    return _go_on(request, participant)


def _participant(request: HttpRequest, study_id: int) -> Participant:
    try:
        return participant_get(study_id=study_id, annotator=request.user)
    except Study.DoesNotExist as error:
        raise Http404("There is no such study for you.") from error


def _answer(request: HttpRequest, participant: Participant, status: int = 200, **context) -> HttpResponse:
    template = "judge/_task.html" if request.htmx else "judge/page.html"
    page = {**page_context(participant, **context), "oob": bool(request.htmx)}
    return render(request, template, page, status=status)


def _go_on(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Without HTMX a redirect, so that a reload does not send the form again."""
    return _answer(request, participant) if request.htmx else redirect("judge-page", participant.study_id)


def _refuse(request: HttpRequest, participant: Participant, why: str, ratings: dict | None = None) -> HttpResponse:
    return _answer(request, participant, status=409, error=why, values=ratings)


def _first_error(form: Form, field: str, words: str) -> str:
    return words if list(form.errors) == [field] else BROKEN_FORM


def _home_row(request: HttpRequest, study: Study) -> dict:
    participant = study.participants.filter(annotator=request.user).first() or Participant(study=study)
    shown = progress(participant)
    return {
        "study": study,
        "done": shown["done"],
        "total": shown["total"],
        "open": study.state == Study.State.OPEN,
        "url": reverse("judge-page", args=[study.pk]),
    }
