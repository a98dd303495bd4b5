"""An annotator's own earlier items: looked at again, revised, commented."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest
from annotation.judging.access import participant_of
from annotation.judging.forms import ReviseForm, new_submission
from annotation.judging.page import latest_own, own_figures, progress, sent_back_to
from annotation.judging.refusals import JudgingRefused
from annotation.judging.shown import answers_shown, item_shown, questions_shown, ratings_of, verdict_shown
from annotation.judging.views import BROKEN_FORM
from annotation.judging.writing import COMMENT_LENGTH, comment_save, judgment_revise, sent_back_answer
from annotation.models import Judgment, JudgmentRevision, Kind, Participant
from common.keyset import key_in

PER_PAGE = 20


@require_safe
@never_cache
@login_required
def judge_own(request: PersonRequest, study_id: int) -> HttpResponse:
    participant = participant_of(request.user, study_id)
    own = _own(participant)
    before = key_in(request, "before")
    if before is not None:
        own = own.filter(pk__lt=before)
    page = list(own.prefetch_related("revisions")[: PER_PAGE + 1])
    context = {
        "study": participant.study,
        "sent_back": [(each, _text(each.judgment)) for each in sent_back_to(participant)],
        "rows": [_row(judgment) for judgment in page[:PER_PAGE]],
        "before": page[PER_PAGE - 1].pk if len(page) > PER_PAGE else None,
        "newest": before is None,
        "own": own_figures(participant),
    }
    return render(request, "judge/own.html", context)


@require_safe
@never_cache
@login_required
def judge_own_latest(request: PersonRequest, study_id: int) -> HttpResponse:
    """Where “Back” goes; looked up when it is asked for, not with each item."""
    found = latest_own(participant_of(request.user, study_id), key_in(request, "before"))
    return redirect("judge-own-item", study_id, found) if found else redirect("judge-own", study_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def judge_own_item(request: PersonRequest, study_id: int, judgment_id: int) -> HttpResponse:
    participant = participant_of(request.user, study_id)
    judgment = _own(participant).filter(pk=judgment_id).first()
    if judgment is None:
        raise Http404("This is not an item that you have judged.")
    if request.method != "POST":
        return render(request, "judge/own_item.html", _own_item(judgment))
    form = ReviseForm(request.POST)
    if not form.is_valid():
        return render(request, "judge/own_item.html", _own_item(judgment, error=str(BROKEN_FORM)), status=409)
    try:
        messages.success(request, _revised(judgment, form.cleaned_data))
    except JudgingRefused as error:
        shown = _own_item(judgment, error=str(error), values=form.cleaned_data)
        return render(request, "judge/own_item.html", shown, status=409)
    return redirect("judge-own-item", study_id, judgment_id)


def _revised(judgment: Judgment, answers: dict) -> str:
    """Write what differs, and say what that means for the figures."""
    said = _("Nothing was changed.")
    if answers["comment"] != judgment.comment:
        comment_save(participant=judgment.participant, judgment_id=judgment.pk, comment=answers["comment"])
        said = _("Your comment is saved.")
    ratings = {name: answers[name] for name in ("plausibility", "typicality", "preference")}
    if ratings == _latest_ratings(judgment):
        return _("Your ratings stay as they were.") if sent_back_answer(judgment) else said
    change = judgment_revise(
        participant=judgment.participant, judgment_id=judgment.pk, submission=answers["submission"], **ratings
    )
    if change.after_reveal:
        return _("Your change is kept beside your first ratings; these, given before the reveal, go on counting.")
    return _("Your change is saved and counts.")


def _own(participant: Participant) -> QuerySet[Judgment]:
    chosen = participant.judgments.exclude(kind=Kind.GOLD).order_by("-pk")
    return chosen.select_related("participant__study", "item__intention__verdict", "item__intention__run")


def _revisions(judgment: Judgment) -> list[JudgmentRevision]:
    return sorted(judgment.revisions.all(), key=lambda revision: revision.pk)


def _latest_ratings(judgment: Judgment) -> dict:
    revisions = _revisions(judgment)
    return ratings_of(revisions[-1] if revisions else judgment)


def _row(judgment: Judgment) -> dict:
    return {
        "judgment": judgment,
        "text": _text(judgment),
        "answers": answers_shown(judgment.participant.study, ratings_of(judgment)),
        "revised": bool(judgment.revisions.all()),
        "url": reverse("judge-own-item", args=[judgment.participant.study_id, judgment.pk]),
    }


def _text(judgment: Judgment) -> str:
    """Of a pair the one on the left, as it was shown."""
    item = judgment.item
    if judgment.first_left is None:
        return item.intention.text
    return item.first_shown if judgment.first_left else item.second_shown


def _own_item(judgment: Judgment, error: str = "", values: dict | None = None) -> dict:
    study, participant = judgment.participant.study, judgment.participant
    later = participant.judgments.exclude(kind=Kind.GOLD).filter(pk__gt=judgment.pk).order_by("pk")
    return {
        "state": "own",
        "study": study,
        "progress": progress(participant),
        "judgment": judgment,
        "sent_back": judgment.sent_back.filter(answered_at=None).first(),
        "item": item_shown(judgment.item_id, judgment.a_on_left, judgment.first_left),
        "first": answers_shown(study, ratings_of(judgment)),
        "revisions": [
            {"at": revision.created_at, "answers": answers_shown(study, ratings_of(revision))}
            for revision in _revisions(judgment)
        ],
        "questions": questions_shown(study.questions, study.typicality_after_yes),
        "values": values or {**_latest_ratings(judgment), "comment": judgment.comment},
        "verdict": verdict_shown(judgment.item_id) if judgment.audit_asked else None,
        "submission": new_submission(),
        "comment_length": COMMENT_LENGTH,
        "earlier": latest_own(participant, before=judgment.pk),
        "later": later.values_list("pk", flat=True).first(),
        "error": error,
    }
