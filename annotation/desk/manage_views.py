"""A study's management: its name, place, deadline, size, who has which items, who adjudicates, and its end."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.design.extending import study_add_items, study_raise_overlap, study_set_deadline
from annotation.design.protocol import StudyRefused
from annotation.desk.adjudicating import adjudicator_set, contested
from annotation.desk.assigning import assigned_to, items_assign, items_unassign
from annotation.desk.forms import (
    AdjudicatorForm,
    AssignForm,
    DeadlineForm,
    DeleteForm,
    ItemsForm,
    OverlapForm,
    RenameForm,
)
from annotation.desk.lifecycle import exported_whole, study_archive, study_delete, study_rename, study_unarchive
from annotation.judging.participants import verdicts_seen
from annotation.models import Adjudication, Study
from common.words import counted

# What may be asked, with its form and what does it; forms' names are the arguments.
DOES: dict[str, tuple[type[forms.Form], Callable[..., Any]]] = {
    "rename": (RenameForm, study_rename),
    "archive": (forms.Form, study_archive),
    "unarchive": (forms.Form, study_unarchive),
    "overlap": (OverlapForm, study_raise_overlap),
    "items": (ItemsForm, study_add_items),
    "deadline": (DeadlineForm, study_set_deadline),
    "assign": (AssignForm, items_assign),
    "unassign": (forms.Form, items_unassign),
    "adjudicator": (AdjudicatorForm, adjudicator_set),
    "delete": (DeleteForm, study_delete),
}


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def study_manage(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    asked = request.POST.get("to", "") if request.method == "POST" else ""
    bound: dict[str, forms.Form] = {}
    if asked in DOES:
        form, do = _form(asked, study, request.POST), DOES[asked][1]
        if form.is_valid() and _done(request, study, asked, do, form):
            return redirect("study-list") if asked == "delete" else redirect("study-manage", study.pk)
        bound[asked] = form
    elif asked:
        messages.error(request, "That can't be done to a study; use the buttons of the page")
    return render(request, "desk/manage.html", _page(study, bound), status=422 if bound else 200)


def _form(name: str, study: Study, data: Any = None) -> forms.Form:
    form = DOES[name][0]
    more: dict[str, Any] = {"study": study} if form is AssignForm else {}
    initial = {"name": study.name, "overlap": study.overlap + 1, "deadline": study.deadline, "reminder": study.reminder}
    return form(data, prefix=name, initial={**initial, "adjudicator": study.adjudicator_id}, **more)


def _done(request: PersonRequest, study: Study, asked: str, do: Callable[..., Any], form: forms.Form) -> bool:
    try:
        result = do(study=study, by=request.user, **form.cleaned_data)
    except StudyRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _said(asked, study))
    if told := _mind(asked, study, result, form.cleaned_data):
        messages.warning(request, told)
    return True


def _mind(asked: str, study: Study, result: Any, given: dict[str, Any]) -> str:
    """What is allowed, but worth a second thought."""
    if asked == "assign":
        return result.too_few
    named = given.get("adjudicator")
    if named and verdicts_seen(study, named):
        return (
            f"{named} has seen verdicts of these runs, or could: the answers are marked, and are the truth only where "
            "people who had seen verdicts are counted."
        )
    return ""


def _said(asked: str, study: Study) -> str:
    said = {
        "delete": f"The study {study.name} is deleted.",
        "archive": "The study is in the archive.",
        "unarchive": "The study is out of the archive.",
        "assign": "The items are assigned.",
        "unassign": "All items are everybody's again.",
    }
    return said.get(asked, "Saved.")


def _page(study: Study, bound: dict[str, forms.Form]) -> dict[str, Any]:
    shown = {name: bound.get(name) or _form(name, study) for name in DOES if DOES[name][0] is not forms.Form}
    changes = study.changes.select_related("by").order_by("-pk")
    judged = sum(study.participants.values_list("n_judged", flat=True))
    return {
        "study": study,
        "forms": shown,
        "problems": [str(error) for form in bound.values() for errors in form.errors.values() for error in errors],
        "changes": changes,
        "assigned": assigned_to(study),
        "exported": exported_whole(study),
        "judgments": counted(judged, "judgment"),
        **({} if study.is_preference else _adjudicated(study)),
    }


def _adjudicated(study: Study) -> dict[str, int]:
    answered = Adjudication.objects.filter(item__study=study)
    return {
        "n_contested": contested(study).count(),
        "n_adjudicated": answered.count(),
        "n_marked": answered.marked().count(),
    }
