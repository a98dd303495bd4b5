"""Pages of experiments."""

import csv
from io import StringIO

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import PersonRequest, researcher_required
from common.lists import ListForm
from common.refusals import Refused
from distillation.models import Run
from distillation.runs.pages.forms import TREATMENTS_HINT
from distillation.runs.pages.treatments import SeveralTreatments
from distillation.runs.wake import run_wake_or_say
from distillation.treatments.names import SHORT, TAKEN_AWAY
from research.experiments.factors import vary_parse
from research.experiments.making import Plan, arms_check, experiment_create, experiment_plan
from research.experiments.page import experiment_page
from research.experiments.panels import Asked
from research.experiments.progress import experiment_progress, experiment_revision
from research.experiments.summary import (
    CSV_COLUMNS,
    csv_rows,
    experiment_state,
    experiment_summary,
)
from research.models import Experiment


class ExperimentForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="Letters, digits, dots, hyphens and underscores")
    question = forms.CharField(max_length=300, required=False, help_text="Such as: Do the pictures help?")
    control = forms.ModelChoiceField(
        Run.objects.archived(False).exclude(backend="imported").order_by("-pk"), to_field_name="name"
    )
    pictures = forms.MultipleChoiceField(
        required=False,
        label="Arms: what is done to the pictures",
        choices=[(short, f"{short}: takes away {TAKEN_AWAY[name]}") for short, name in SHORT.items()],
        widget=SeveralTreatments,
        help_text=TREATMENTS_HINT,
    )
    more = forms.CharField(
        required=False,
        label="Further arms",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One factor a line: titles=no, features=no, temperature=0,1, model=NAME@SERVER, "
        "filter=lenient-1,strict-1, filter-model=NAME. Without a call, from the control's verdicts: "
        "strictness=.3,.7, filter=none,random",
    )

    @property
    def plan(self) -> Plan:
        asked = self.cleaned_data
        vary = vary_parse([line for line in asked["more"].splitlines() if line.strip()])
        if asked["pictures"]:
            vary["pictures"] = [*asked["pictures"], *vary.get("pictures", [])]
        return experiment_plan(control=asked["control"], vary=vary)


@require_safe
@researcher_required
def experiment_list(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.GET, states=Run.State.choices)
    chosen = form.chosen(Experiment.objects.all(), among=("name", "question"), state="arms__run__state").distinct()
    rows = [(each, experiment_state(each.arms.all())) for each in chosen.prefetch_related("arms__run")]
    page = {"experiments": rows, "form": form, "n_archived": Experiment.objects.archived().count()}
    return render(request, "research/experiments.html", page, status=400 if form.problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def experiment_new(request: PersonRequest) -> HttpResponse:
    """Once to see what it will cost, once to start it."""
    form, page = ExperimentForm(request.POST or None, initial={"control": request.GET.get("control", "")}), {}
    if request.method == "POST" and form.is_valid():
        try:
            plan = form.plan
            page["forecast"] = plan.forecast.words()
            if "start" in request.POST:
                return _start(request, form, plan)
        except Refused as error:
            form.add_error(None, str(error))
    return render(request, "research/experiment_new.html", {"form": form, **page}, status=422 if form.errors else 200)


def _start(request: PersonRequest, form: ExperimentForm, plan: Plan) -> HttpResponse:
    asked, checked = form.cleaned_data, arms_check(plan)
    with transaction.atomic():
        made = experiment_create(
            name=asked["name"], plan=plan, checked=checked, question=asked["question"], created_by=request.user
        )
    problems = {run_wake_or_say(arm.run) for arm in made.arms.to_start().order_by("run")} - {""}
    messages.success(request, " ".join(["The arms start.", *problems]))
    return redirect("experiment", made.name)


@require_safe
@researcher_required
def experiment_detail(request: HttpRequest, name: str) -> HttpResponse:
    experiment = get_object_or_404(Experiment, name=name)
    return render(request, "research/experiment.html", experiment_page(experiment, Asked.of(request.GET)))


@require_safe
@researcher_required
def experiment_polled(request: HttpRequest, name: str) -> HttpResponse:
    """Polled while runs go on: a 204 leaves the page as it is; when all have ended it comes anew."""
    experiment = get_object_or_404(Experiment, name=name)
    if request.GET.get("revision") == experiment_revision(experiment):
        return HttpResponse(status=204)
    progress = experiment_progress(experiment)
    answer = render(request, "research/_progress.html", {"experiment": experiment, "progress": progress})
    if not progress.going_on:
        answer["HX-Refresh"] = "true"
    return answer


@require_safe
@researcher_required
def experiment_json(request: HttpRequest, name: str) -> JsonResponse:
    return JsonResponse(experiment_summary(get_object_or_404(Experiment, name=name)))


@require_safe
@researcher_required
def experiment_csv(request: HttpRequest, name: str) -> HttpResponse:
    out = StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS)
    writer.writeheader()
    writer.writerows(csv_rows(experiment_summary(get_object_or_404(Experiment, name=name))))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
