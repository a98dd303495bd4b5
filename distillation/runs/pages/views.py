"""Runs and pictures."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import researcher_required
from accounts.models import User
from accounts.requests import PersonRequest
from common.lists import ListForm
from common.words import counted
from distillation.models import Exposure, Run
from distillation.prompts.stored import PromptsRefused, prompts_save
from distillation.runs.changes import run_set_prices, run_set_strictness
from distillation.runs.exposure import exposure_record
from distillation.runs.pages.forms import PricesForm, RunForm, StrictnessForm
from distillation.runs.pages.lists import config_rows, kept_at, latest, newer_intentions, run_row
from distillation.runs.pages.page import run_page
from distillation.runs.pages.settings import run_settings
from distillation.runs.reports import run_revision
from distillation.runs.servers import backend_check
from distillation.runs.services import (
    RunRefused,
    run_cancel,
    run_pause,
    run_resume,
    run_retry_failed,
    run_start,
)
from distillation.runs.wake import run_wake_or_say


@require_safe
@researcher_required
def run_list(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.GET, states=Run.State.choices)
    chosen = form.chosen(Run.objects.prefetch_related("alarms"), among=("name", "model"))
    page = {"runs": [run_row(run) for run in chosen], "form": form, "n_archived": Run.objects.archived().count()}
    return render(request, "runs/list.html", page, status=400 if form.problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def run_new(request: PersonRequest) -> HttpResponse:
    form = RunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = _start(form, request.user)
        except (RunRefused, PromptsRefused) as error:
            form.refuse(error)
        else:
            _say(request, f"Run {run.name} starts.", run_wake_or_say(run))
            return redirect("run-detail", run.name)
    return render(request, "runs/new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@researcher_required
def run_detail(request: PersonRequest, name: str) -> HttpResponse:
    run = get_object_or_404(Run, name=name)
    exposure_record(user=request.user, runs=[run.pk], where=Exposure.Where.PAGE)
    context = {
        "run": run,
        "page": run_page(run),
        "latest": latest(run),
        "config_rows": config_rows(run),
        "prompt_texts": run.config.get("prompt_texts"),
        "strictness": StrictnessForm(initial={"strictness": run.strictness}),
        "prices": PricesForm(initial=run.prices),
    }
    return render(request, "runs/detail.html", context)


@require_safe
@researcher_required
def run_progress(request: HttpRequest, name: str) -> HttpResponse:
    """Polled by the page; a 204 leaves it as it is."""
    run = get_object_or_404(Run, name=name)
    if request.GET.get("revision") == run_revision(run):
        return HttpResponse(status=204)
    shown = request.GET.get("newest", "")
    news = newer_intentions(run, int(shown)) if shown.isdecimal() and len(shown) < 19 else {}
    return render(request, "runs/_polled.html", {"run": run, "page": run_page(run), **news})


@require_safe
@researcher_required
def run_latest(request: HttpRequest, name: str) -> HttpResponse:
    run = get_object_or_404(Run, name=name)
    return render(request, "runs/_latest.html", {"run": run, "latest": latest(run)})


@require_safe
@researcher_required
def run_kept_at(request: HttpRequest, name: str) -> HttpResponse:
    """What would be kept at another strictness."""
    run = get_object_or_404(Run, name=name)
    form = StrictnessForm(request.GET)
    if not form.is_valid():
        return HttpResponse("Give a probability from 0 to 1.", status=422)
    return render(request, "runs/_kept_at.html", kept_at(run, form.cleaned_data["strictness"]))


@require_POST
@researcher_required
def run_state(request: PersonRequest, name: str) -> HttpResponse:
    run = get_object_or_404(Run, name=name)
    try:
        said = _set_state(run, request.POST.get("state", ""), request.user)
    except RunRefused as error:
        messages.error(request, str(error))
    else:
        _say(request, *said)
    return redirect("run-detail", run.name)


@require_POST
@researcher_required
def run_retry(request: HttpRequest, name: str) -> HttpResponse:
    run = get_object_or_404(Run, name=name)
    try:
        n = run_retry_failed(run=run, reasons=request.POST.getlist("reason"))
    except RunRefused as error:
        messages.error(request, str(error))
    else:
        _say(request, f"Asked again: {counted(n, 'failure')}.", run_wake_or_say(run))
    return redirect("run-detail", run.name)


@require_POST
@researcher_required
def run_strictness(request: PersonRequest, name: str) -> HttpResponse:
    run = get_object_or_404(Run, name=name)
    form = StrictnessForm(request.POST)
    if form.is_valid():
        run_set_strictness(run=run, strictness=form.cleaned_data["strictness"], by=request.user)
        messages.success(request, f"Kept is now what has a p(yes) of {run.strictness:g} or more.")
    else:
        messages.error(request, "The strictness was not changed: give a probability from 0 to 1.")
    return redirect("run-detail", run.name)


@require_POST
@researcher_required
def run_prices(request: HttpRequest, name: str) -> HttpResponse:
    run = get_object_or_404(Run, name=name)
    form = PricesForm(request.POST)
    if form.is_valid():
        run_set_prices(run=run, prices=form.prices)
        messages.success(request, "The prices are saved.")
    else:
        messages.error(request, "The prices were not changed: give dollars per million tokens, such as 0.20.")
    return redirect("run-detail", run.name)


def _start(form: RunForm, user: User) -> Run:
    asked, settings = form.cleaned_data, run_settings(form)
    backend = {name: asked[name] for name in ("backend", "base_urls")}
    checked = backend_check(model=asked["model"], config=settings.as_config(), **backend)
    with transaction.atomic():
        if form.prompt_set:
            prompts_save(name=asked["prompts_name"], texts=form.prompt_set.texts, created_by=user)
        return run_start(
            name=asked["name"],
            model=checked.model,
            servers=checked.servers,
            settings=settings,
            strictness=asked["strictness"],
            created_by=user,
            **backend,
        )[0]


def _set_state(run: Run, state: str, user: User) -> tuple[str, str]:
    """Change the run's state, and say what the page does not show: what was done, and what stands in the way."""
    match state:
        case Run.State.PAUSED:
            run_pause(run=run, why=f"Paused by {user}.")
            return "", ""
        case Run.State.CANCELLED:
            run_cancel(run=run, why=f"Cancelled by {user}.")
            return "", ""
        case Run.State.RUNNING:
            run_resume(run=run)
            return "The run goes on.", run_wake_or_say(run)
    raise RunRefused("A run can be paused, resumed or cancelled, nothing else")


def _say(request: HttpRequest, done: str, but: str) -> None:
    if but:
        messages.warning(request, f"{done} {but}")
    elif done:
        messages.success(request, done)
