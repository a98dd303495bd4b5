"""The annotator's pages. Each answers with a whole page, or, to HTMX, with the part between header and footer."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateformat import format as date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget

from accounts.requests import PersonRequest
from annotation.design.demographics import NAMES
from annotation.judging.access import participant_kept, participant_of
from annotation.judging.allocation import item_skip, item_take, skip_undo
from annotation.judging.confirming import demographics_save, participant_confirm
from annotation.judging.forms import AuditForm, ConfirmForm, RatingForm, SkipForm
from annotation.judging.frames import TASK, task_filled
from annotation.judging.leases import item_of_ticket, lease_renew
from annotation.judging.look import look_read
from annotation.judging.page import page_context, pause_context, pictures_ahead, progress, reveal_context, sent_back_to
from annotation.judging.refusals import JudgingRefused, LeaseGone, VersionChanged
from annotation.judging.writing import audit_save, comment_save, judgment_save
from annotation.models import Judgment, Kind, Lease, Participant, Skip, Study
from common.keyset import key_in

BROKEN_FORM = gettext_lazy("The form came broken; load the page again")
ANSWERS = ("plausibility", "typicality", "preference", "comment")


@require_safe
@login_required
def judge_home(request: PersonRequest) -> HttpResponse:
    studies = Study.objects.for_annotator(request.user)
    mine = Study.objects.archived(False).filter(adjudicator=request.user).order_by("-created_at")
    rows = [_home_row(request, study) for study in studies]
    to_do, others = ([row for row in rows if row["to_do"] is wanted] for wanted in (True, False))
    page = {"studies": to_do, "others": others, "to_adjudicate": mine}
    return render(request, "judge/home.html", page)


@require_safe
@never_cache
@login_required
def judge_page(request: PersonRequest, study_id: int) -> HttpResponse:
    """Polled by the page while it waits; a 204 leaves it as it is."""
    participant = participant_of(request.user, study_id)
    shown = page_context(
        participant,
        checked=key_in(request, "checked"),
        saved="saved" in request.GET,
        skipped="skipped" in request.GET,
        started="start" in request.GET,
    )
    if shown["state"] == "waiting" and request.GET.get("until") == date(shown["look_again"], "U"):
        return HttpResponse(status=204)
    return _rendered(request, shown)


@require_POST
@login_required
def judge_save(request: PersonRequest, study_id: int) -> HttpResponse:
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _refuse(request, participant_of(request.user, study_id), str(BROKEN_FORM))
    answers = {name: form.cleaned_data[name] for name in ANSWERS}
    try:
        with participant_kept(request.user, study_id) as participant:
            judgment = judgment_save(
                participant=participant,
                item_id=form.cleaned_data["item"],
                submission=form.cleaned_data["submission"],
                version=form.cleaned_data["version"] or 0,
                active_seconds=form.cleaned_data["active_seconds"],
                look=look_read(form.cleaned_data["look"]),
                **answers,
            )
    except JudgingRefused as error:
        return _not_saved(request, participant_of(request.user, study_id), error, answers)
    if request.htmx and judgment.audit_asked and judgment.filter_right is None:
        return _rendered(request, reveal_context(participant, judgment))
    return _go_on(request, participant, **_after_save(judgment))


def _not_saved(request: PersonRequest, participant: Participant, error: JudgingRefused, answers: dict) -> HttpResponse:
    """With the study as it is now."""
    if isinstance(error, LeaseGone):
        return _gone(request, participant, str(error))
    if isinstance(error, VersionChanged):
        return _answer(request, participant, status=409, error=str(error), values=answers, changes=error.changes)
    return _refuse(request, participant, str(error), answers)


def _after_save(judgment: Judgment) -> dict:
    if judgment.kind == Kind.GOLD:
        return {"checked": judgment.pk}
    return {} if judgment.audit_asked else {"saved": True}


@require_POST
@login_required
def judge_confirm(request: PersonRequest, study_id: int) -> HttpResponse:
    """The consent text is accepted, or what changed in the guidelines has been read."""
    participant, form = participant_of(request.user, study_id), ConfirmForm(request.POST)
    if not form.is_valid():
        return _refuse(request, participant, str(BROKEN_FORM))
    kept = {name: request.POST.get(name, "") for name in ANSWERS}
    try:
        participant_confirm(participant=participant, **form.cleaned_data)
    except JudgingRefused as error:
        return _refuse(request, participant_of(request.user, study_id), str(error), kept)
    return _answer(request, participant, values=kept)


@require_POST
@login_required
def judge_about(request: PersonRequest, study_id: int) -> HttpResponse:
    """What the person says of themselves."""
    participant = participant_of(request.user, study_id)
    said = {name: request.POST[name] for name in NAMES if name in request.POST}
    kept = {name: request.POST.get(name, "") for name in ANSWERS}
    try:
        demographics_save(participant=participant, answers=said)
    except JudgingRefused as error:
        return _refuse(request, participant, str(error), said | kept)
    return _answer(request, participant, values=kept)


@require_POST
@login_required
def judge_audit(request: PersonRequest, study_id: int) -> HttpResponse:
    form = AuditForm(request.POST)
    if not form.is_valid():
        return _refuse(request, participant_of(request.user, study_id), _first_error(form, "answer"))
    judgment_id, right = form.cleaned_data["judgment"], form.cleaned_data["answer"] == "right"
    reason = "" if right else form.cleaned_data["reason"]
    try:
        with participant_kept(request.user, study_id) as participant:
            audited = audit_save(participant=participant, judgment_id=judgment_id, filter_right=right, reason=reason)
            if "comment" in request.POST and (comment := form.cleaned_data["comment"]) != audited.comment:
                comment_save(participant=participant, judgment_id=judgment_id, comment=comment)
            next_one = page_context(participant, started=True) if request.htmx else None
    except JudgingRefused as error:
        return _refuse(request, participant_of(request.user, study_id), str(error))
    return _rendered(request, next_one) if next_one else _go_on(request, participant)


@require_POST
@login_required
def judge_skip(request: PersonRequest, study_id: int) -> HttpResponse:
    participant, form = participant_of(request.user, study_id), SkipForm(request.POST)
    if not form.is_valid():
        return _refuse(request, participant, str(BROKEN_FORM))
    asked = {"item_id": form.cleaned_data["item"], "reason": form.cleaned_data["reason"]}
    try:
        skip = item_skip(participant=participant, **asked)
    except JudgingRefused as error:
        return _refuse(request, participant, str(error))
    return _go_on(request, participant, **_after_skip(skip))


def _after_skip(skip: Skip | None) -> dict:
    return {"skipped": True} if skip and skip.kind != Kind.GOLD else {}


@require_POST
@login_required
def judge_unskip(request: PersonRequest, study_id: int) -> HttpResponse:
    """Take the last skip back, and its item in hand if nobody else has it."""
    participant = participant_of(request.user, study_id)
    try:
        if not skip_undo(participant=participant):
            return _refuse(request, participant, _("The skip is taken back, but the item is with others now"))
    except JudgingRefused as error:
        return _refuse(request, participant, str(error))
    return _go_on(request, participant)


@require_POST
@login_required
def judge_take(request: PersonRequest, study_id: int) -> HttpResponse:
    """Take the item that had been released once more, with the answers that were given to it."""
    participant = participant_of(request.user, study_id)
    try:
        item_take(participant=participant, ticket=request.POST.get("ticket", ""))
    except JudgingRefused as error:
        return _refuse(request, participant, str(error))
    return _answer(request, participant, values={name: request.POST.get(name, "") for name in ANSWERS})


@require_POST
@login_required
def judge_present(request: PersonRequest, study_id: int) -> HttpResponse:
    """Sent by a page that is in use: the item stays reserved, or the page learns that it no longer is."""
    participant, item = participant_of(request.user, study_id), request.POST.get("item", "")
    held = Lease.objects.filter(participant=participant).values_list("item", flat=True).first()
    if str(held) != item or not lease_renew(participant):
        return _gone(request, participant, _("This item is not yours any more; here is what comes next"))
    return HttpResponse(status=204)


@require_safe
@never_cache
@login_required
def judge_ahead(request: PersonRequest, study_id: int) -> JsonResponse:
    return JsonResponse({"pictures": pictures_ahead(participant_of(request.user, study_id))})


@require_safe
@never_cache
@login_required
def judge_pause(request: PersonRequest, study_id: int) -> HttpResponse:
    template = "judge/_pause.html" if request.htmx else "judge/pause.html"
    return render(request, template, pause_context(participant_of(request.user, study_id)))


def _answer(request: PersonRequest, participant: Participant, status: int = 200, **context) -> HttpResponse:
    return _rendered(request, page_context(participant, started=True, **context), status)


def _rendered(request: PersonRequest, shown: dict, status: int = 200) -> HttpResponse:
    if not request.htmx:
        return render(request, "judge/page.html", {**shown, "oob": False}, status=status)
    if filled := task_filled(shown):
        return HttpResponse(filled, status=status)
    return render(request, TASK, {**shown, "oob": True}, status=status)


def _go_on(request: PersonRequest, participant: Participant, **shown) -> HttpResponse:
    """Without HTMX a redirect, so that a reload does not send the form again."""
    if request.htmx:
        return _answer(request, participant, **shown)
    url = reverse("judge-page", args=[participant.study_id])
    return redirect(f"{url}?{urlencode(shown)}" if shown else url)


def _refuse(request: PersonRequest, participant: Participant, why: str, values: dict | None = None) -> HttpResponse:
    return _answer(request, participant, status=409, error=why, values=values)


def _gone(request: PersonRequest, participant: Participant, why: str) -> HttpResponse:
    """The item stays in sight and a strip over the questions says it; without HTMX the strip is all there is."""
    if item_of_ticket(participant, request.POST.get("ticket", "")) is None:
        return _refuse(request, participant, why)
    kept = {name: request.POST.get(name, "") for name in ("ticket", *ANSWERS)}
    shown = {"study": participant.study, "kept": kept, "state": "gone"}
    if request.htmx:
        return retarget(reswap(render(request, "judge/_gone.html", shown, status=409), "innerHTML"), "#task .trouble")
    return render(request, "judge/page.html", {**shown, "progress": progress(participant)}, status=409)


def _first_error(form: Form, field: str) -> str:
    asked = _("Answer the question: %(question)s") % {"question": _("Was the filter right?")}
    return asked if list(form.errors) == [field] else str(BROKEN_FORM)


def _home_row(request: PersonRequest, study: Study) -> dict:
    participant = study.participants.filter(annotator=request.user).first() or Participant(study=study)
    shown, is_open = progress(participant), study.state == Study.State.OPEN
    sent_back = sent_back_to(participant).count() if participant.pk else 0
    return {
        "study": study,
        "done": shown["done"],
        "total": shown["total"],
        "open": is_open,
        "to_do": bool(sent_back) or (is_open and shown["done"] < shown["total"]),
        "sent_back": sent_back,
        "url": reverse("judge-page", args=[study.pk]),
    }
