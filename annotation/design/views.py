"""The pages on which a study is designed, tried and changed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.design.folding import folds
from annotation.design.forms import PlanForm, ProtocolForm, StudyForm, protocol_initial
from annotation.design.planning.cost import plan_make
from annotation.design.planning.fixed import plan_fix, plan_of, plan_open
from annotation.design.protocol import StudyRefused, protocol_change
from annotation.design.services import study_create, study_warnings
from annotation.models import Study
from annotation.models.protocol_fields import NAME_LENGTH
from distillation.catalog.selection import CatalogSelection
from distillation.models import Run

KEEP, COUNT = "keep", "count"


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def study_new(request: PersonRequest) -> HttpResponse:
    chosen = _chosen_by_link(request.GET)
    form = StudyForm(request.POST or None, request.FILES or None, initial=chosen)
    then = request.POST.get("then", "")
    if form.is_valid() and then != COUNT:
        state = Study.State.PAUSED if then == KEEP else Study.State.OPEN
        try:
            study = study_create(**form.design(), state=state, created_by=request.user)
        except StudyRefused as refusal:
            for each in refusal.all:
                form.add_error(each.field if each.field in form.fields else None, str(each))
        else:
            _welcome(request, study)
            return redirect("study", study.pk)
    return design_page(request, form)


def _chosen_by_link(asked: QueryDict) -> dict:
    """What a link to the empty form chooses beforehand: runs, and to draw from them in pairs or to set them side by
    side."""
    runs = [pk for pk in asked.getlist("runs") if pk.isdecimal() and len(pk) < 19]
    is_preference = asked.get("kind") == Study.Kind.PREFERENCE
    kind = {"kind": Study.Kind.PREFERENCE.value} if is_preference else {}
    named = list(Run.objects.filter(pk__in=runs).values_list("name", flat=True))
    if len(named) == 1:
        kind["name"] = f"Study of {named[0]}"[:NAME_LENGTH]
    return {"runs": runs, "paired": len(runs) > 1 and not is_preference, **kind} if runs else kind


@require_POST
@researcher_required
def study_plan(request: HttpRequest) -> HttpResponse:
    """What the design gives and costs, as it stands in the form; asked for at each change."""
    form = StudyForm(request.POST)
    form.is_valid()
    return render(request, "studies/_plan.html", {**_plan(form), "live": True})


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def study_protocol(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study, pk=study_id)
    form = ProtocolForm(request.POST or None, initial=protocol_initial(study))
    if form.is_valid():
        try:
            changed = protocol_change(
                study=study, by=request.user, groups=form.cleaned_data["groups"], **form.protocol()
            )
        except StudyRefused as refusal:
            for each in refusal.all:
                form.add_error(each.field if each.field in form.fields else None, str(each))
        else:
            messages.success(request, _changed(study, changed))
            return redirect("study", study.pk)
    versions = study.versions.select_related("changed_by").order_by("-number")
    page = {
        "form": form,
        "study": study,
        "versions": versions,
        "catalog_words": CatalogSelection.of_config(study.catalog).words,
        "n_gold": study.items.filter(gold__isnull=False).count(),
        "folds": folds(form),
        **_plan_of(study),
    }
    return render(request, "studies/protocol.html", page, status=422 if form.errors else 200)


@require_POST
@researcher_required
def study_plan_fix(request: PersonRequest, study_id: int) -> HttpResponse:
    study, form = get_object_or_404(Study, pk=study_id), PlanForm(request.POST)
    if form.is_valid() and (planned := form.planned()):
        try:
            plan_fix(study=study, planned=planned, by=request.user)
        except StudyRefused as refusal:
            messages.error(request, f"The plan was not fixed. {refusal}.")
        else:
            messages.success(request, "The plan is fixed. From the first judgment on it stands.")
    else:
        messages.error(request, f"The plan was not fixed. {' '.join(str(each[0]) for each in form.errors.values())}")
    return redirect("study-protocol", study.pk)


def design_page(request: HttpRequest, form: StudyForm) -> HttpResponse:
    page = {"form": form, "folds": folds(form), **_plan(form)}
    return render(request, "studies/new.html", page, status=422 if form.errors else 200)


def _plan(form: StudyForm) -> dict:
    asked = form.plan()
    return {"plan": plan_make(**asked) if asked else None, "wanted_problem": form.wanted_problem() if asked else ""}


def _plan_of(study: Study) -> dict:
    plan = plan_of(study)
    initial = {"plan_figure": plan.figure, "plan_items": plan.items} if plan else {}
    if plan and plan.half_width:
        initial["plan_width"] = round(100 * plan.half_width, 6)
    return {"fixed": plan, "plan_form": PlanForm(initial=initial) if plan_open(study) else None}


def _welcome(request: HttpRequest, study: Study) -> None:
    found = "annotators find it under Judge" if study.state == Study.State.OPEN else "open it when all is ready"
    messages.success(request, f"The study {study.name} is {study.state}: {found}.")
    for warning in study_warnings(study):
        messages.warning(request, warning)


def _changed(before: Study, after: Study) -> str:
    if after.version == before.version:
        return "Saved. Nothing has been judged yet, so this is still version 1." if after.version == 1 else "Saved."
    return f"Saved as version {after.version}: judgments from now on carry it; earlier ones keep theirs."
