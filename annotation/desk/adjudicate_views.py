"""The adjudicator's page: a contested item as annotators saw it, without votes, verdict or names."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import PersonRequest
from annotation.desk.adjudicating import adjudication_save, is_refused, to_adjudicate
from annotation.judging.forms import RatingForm, new_submission
from annotation.judging.participants import verdicts_seen
from annotation.judging.refusals import JudgingRefused
from annotation.judging.shown import item_shown, questions_shown
from annotation.judging.views import BROKEN_FORM
from annotation.models import Adjudication, Study


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def judge_adjudicate(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    if study.adjudicator_id != request.user.pk:
        raise Http404("There is nothing for you to adjudicate here.")
    if request.method == "POST":
        return _saved(request, study)
    left = to_adjudicate(study, request.user)
    item = left.first()
    done = Adjudication.objects.filter(item__study=study, by=request.user).count()
    page = {"study": study, "done": done, "left": left.count(), "submission": new_submission()}
    page |= {"is_refused": is_refused(study, request.user), "had_seen": verdicts_seen(study, request.user)}
    if item:
        page["item"] = item_shown(item.pk, a_on_left=True)
        page["questions"] = questions_shown(study.questions, study.typicality_after_yes)
    return render(request, "desk/adjudicate.html", page)


def _saved(request: PersonRequest, study: Study) -> HttpResponse:
    form = RatingForm(request.POST)
    if not form.is_valid():
        messages.error(request, BROKEN_FORM)
        return redirect("judge-adjudicate", study.pk)
    said = {name: form.cleaned_data[name] for name in ("plausibility", "typicality", "comment")}
    try:
        adjudication_save(study=study, item_id=form.cleaned_data["item"], by=request.user, **said)
    except JudgingRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("judge-adjudicate", study.pk)
