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
from annotation.figures.plots import dots
from common.refusals import Refused
from common.words import percent
from distillation.models import Run
from distillation.runs.wake import run_wake_or_say
from distillation.treatments.names import SHORT, TAKEN_AWAY
from research.experiments.agreeing import Agreement, agreements
from research.experiments.factors import vary_parse
from research.experiments.judged import Judged
from research.experiments.making import Plan, arms_check, experiment_create, experiment_plan
from research.experiments.progress import experiment_progress, experiment_revision
from research.experiments.strictness import strictness_by_relation
from research.experiments.summary import (
    CSV_COLUMNS,
    csv_rows,
    experiment_read,
    experiment_state,
    experiment_summary,
)
from research.experiments.words import answer, between, paragraph, signed
from research.models import Experiment
from stats.filter.by_group import ByGroup


class ExperimentForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="Letters, digits, dots, hyphens and underscores")
    question = forms.CharField(max_length=300, required=False, help_text="Such as: Do the pictures help?")
    control = forms.ModelChoiceField(Run.objects.exclude(backend="imported").order_by("-pk"), to_field_name="name")
    pictures = forms.MultipleChoiceField(
        required=False,
        label="Arms: what is done to the pictures",
        choices=[(short, f"{short}: takes away {TAKEN_AWAY[name]}") for short, name in SHORT.items()],
        widget=forms.CheckboxSelectMultiple,
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
    experiments = Experiment.objects.order_by("-pk").prefetch_related("arms__run")
    return render(request, "research/experiments.html", {"experiments": experiments})


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def experiment_new(request: PersonRequest) -> HttpResponse:
    """Once to see what it will cost, once to start it."""
    form, page = ExperimentForm(request.POST or None), {}
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
    arms, figures, study, people = experiment_read(experiment)
    measures = list(dict.fromkeys(row.name for row in people))
    context = {
        "experiment": experiment,
        "state": experiment_state(figures),
        "progress": experiment_progress(experiment),
        "figures": figures,
        "study": study,
        "answer": answer(figures, people),
        "paragraph": paragraph(experiment.question, figures, people, simulated=bool(study and study.simulated)),
        "kept": [
            {"each": each, "difference": signed(each.against.difference), "bounds": between(each.against.bounds)}
            for each in figures.arms
            if each.against
        ],
        "filters": [_agreement(each) for each in agreements(arms)],
        "strictness": _strictness(strictness_by_relation(study, figures.arms[0].arm.run)) if study else None,
        "measures": [_measure(measure, [row for row in people if row.name == measure]) for measure in measures],
    }
    return render(request, "research/experiment.html", context)


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


def _agreement(each: Agreement) -> dict:
    low, high = each.kappa.ci95 or (None, None)
    kappa = each.kappa.reason if each.kappa.value is None else f"{each.kappa.value:.2f}"
    interval = "" if low is None else f"{low:.2f} to {high:.2f}"
    return {"each": each, "agree": percent(each.agree), "kappa": kappa, "interval": interval}


def _strictness(found: ByGroup) -> dict:
    """Thresholds are advice only where they pay."""
    gain = found.gain
    each = [(name, f"{at:g}", n) for name, (at, n) in sorted(found.each.items())] if found.pays else []
    one = "–" if found.one is None else f"{found.one:g}"
    return {"gain": signed(gain.value), "interval": between(gain.ci95), "n": gain.n, "one": one, "each": each}


def _measure(name: str, rows: list[Judged]) -> dict:
    shown = [
        (row.arm.label, row.difference.figure, signed(row.difference.figure.value), between(row.difference.figure.ci95))
        for row in rows
    ]
    ticks = [(at, signed(at)) for at in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    return {
        "name": name,
        "plot": dots(shown, label=f"{name}: difference to the control in points", ticks=ticks, reference=0.0),
        "rows": [_row(row) for row in rows],
        "parts": [_part(part, rows) for part in dict.fromkeys(part for row in rows for part in row.parts)],
    }


def _row(row: Judged) -> dict:
    found = row.difference
    return {
        "arm": row.arm.label,
        "of_arm": row.of_arm,
        "of_control": row.of_control,
        "difference": signed(found.figure.value),
        "interval": between(found.figure.ci95),
        "why": found.figure.reason,
        "n": found.figure.n,
        "p": "" if row.p is None else "< .001" if row.p < 0.001 else f"{row.p:.3f}",
        "is_clear": row.is_clear,
        "bounds": between(row.bounds),
        "detectable": "" if found.detectable is None else f"{100 * found.detectable:.1f}",
        "needed": {f"{100 * wanted:g}": n for wanted, n in row.needed.items() if n},
        "people": between(row.people.ci95) if row.people else "",
    }


def _part(part: str, rows: list[Judged]) -> dict:
    """Differences by relation, by category or by type of product."""
    shown = [
        (row.arm.label, name, signed(each.figure.value), between(each.figure.ci95), each.figure.n)
        for row in rows
        for name, each in row.parts[part].items()
    ]
    return {"name": part, "rows": shown, "n": len({name for _, name, *_ in shown})}
