"""The panels of a study's dashboard: as part of the page, as a page, as SVG and as CSV; and what one may set there."""

from typing import get_args
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from annotation.design.services import study_set_strictness
from annotation.figures.numbers import study_revision
from annotation.figures.pages.selection_form import SelectionForm
from annotation.figures.panels.all import panel_named
from annotation.figures.panels.panel import Panel
from annotation.figures.panels.shares import NAMES
from annotation.figures.patterns import By
from annotation.figures.rows.asked import Asked, Bound
from annotation.figures.rows.together import revision_of
from annotation.models import Study
from distillation.runs.pages.forms import StrictnessForm

BYTE_ORDER_MARK = "\ufeff"  # spreadsheets take a file without it for Latin-1


class PanelForm(SelectionForm):
    by = forms.ChoiceField(required=False, choices=[(by, by) for by in NAMES])
    at = forms.FloatField(required=False, min_value=0, max_value=1)
    wanted = forms.FloatField(required=False, min_value=0, max_value=1)
    bound = forms.ChoiceField(required=False, choices=[(each, each) for each in get_args(Bound)])

    @property
    def own(self) -> dict:
        """The panel's own parameters, beside the selection that all panels share."""
        own = {name: self.cleaned_data.pop(name) for name in ("by", "at", "wanted", "bound")}
        return {**own, "by": own["by"] or "relation", "bound": own["bound"] or "point"}


@require_safe
@researcher_required
def study_panel(request: PersonRequest, study_id: int, name: str) -> HttpResponse:
    """Polled by the page; a 204 leaves the panel as it is."""
    panel, revision = _panel(name), revision_of(study_id)
    if revision and request.GET.get("revision") == revision:
        return HttpResponse(status=204)
    study = get_object_or_404(Study.objects.of_ratings().for_figures(), pk=study_id)
    form = PanelForm(request.GET, study=study)
    if form.problem:
        return _refused(form)
    asked = _asked(study, form, revision)
    template = "studies/panels/fragment.html" if request.htmx else "studies/panels/page.html"
    return render(request, template, _page(panel, asked))


@require_safe
@researcher_required
def study_panel_csv(request: HttpRequest, study_id: int, name: str) -> HttpResponse:
    study, panel = get_object_or_404(Study.objects.of_ratings().for_figures(), pk=study_id), _panel(name)
    form = PanelForm(request.GET, study=study)
    if form.problem:
        return _refused(form)
    table = panel.shown(_asked(study, form, study_revision(study))).table
    if table is None:
        raise Http404("There is nothing to download yet.")
    return _file(BYTE_ORDER_MARK + table.csv(), "text/csv", study, panel, "csv")


@require_safe
@researcher_required
def study_panel_svg(request: HttpRequest, study_id: int, name: str) -> HttpResponse:
    study, panel = get_object_or_404(Study.objects.of_ratings().for_figures(), pk=study_id), _panel(name)
    form = PanelForm(request.GET, study=study)
    if form.problem:
        return _refused(form)
    shown = panel.shown(_asked(study, form, study_revision(study)))
    if shown.plot is None:
        raise Http404("There is no plot to download yet.")
    answer = render(request, "studies/panels/download.svg", {"panel": panel, "shown": shown, "study": study})
    return _file(answer.content, "image/svg+xml", study, panel, "svg")


@require_POST
@researcher_required
def study_strictness(request: PersonRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    run, form = study.runs.filter(pk=_number(request.POST.get("run")) or 0).first(), StrictnessForm(request.POST)
    if run is None:
        messages.error(request, "The strictness was not changed: choose one of the study's runs.")
    elif not form.is_valid():
        messages.error(request, "The strictness was not changed: give a probability from 0 to 1.")
    else:
        study_set_strictness(study=study, run=run, strictness=form.cleaned_data["strictness"], by=request.user)
        messages.success(request, f"Run {run.name} now keeps what has a p(yes) of {run.strictness:g} or more.")
    return redirect(f"{reverse('study', args=[study.pk])}?{_chosen(request, study)}".rstrip("?"))


def _panel(name: str) -> Panel:
    panel = panel_named(name)
    if panel is None:
        raise Http404(f"The dashboard has no panel {name}.")
    return panel


def _asked(study: Study, form: PanelForm, revision: str) -> Asked:
    own = form.own
    return Asked(study, form.selection, revision, on_page=True, **own)


def _page(panel: Panel, asked: Asked) -> dict:
    chosen: dict[str, object] = {"by": asked.by if panel.has_switch else "", "wanted": asked.wanted}
    chosen["bound"] = asked.bound if asked.bound != "point" else ""
    own = urlencode({name: value for name, value in chosen.items() if value})
    query = "&".join(filter(None, (asked.selection.query, own)))
    return {
        "study": asked.study,
        "panel": panel,
        "shown": panel.shown(asked),
        "asked": asked,
        "query": query,
        "switch": _switch(asked.study) if panel.has_switch else {},
    }


def _refused(form: PanelForm) -> HttpResponse:
    return HttpResponse(form.problem, status=400, content_type="text/plain; charset=utf-8")


def _file(content: str | bytes, kind: str, study: Study, panel: Panel, ending: str) -> HttpResponse:
    name = f"{slugify(study.name) or study.pk}-{panel.name}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=f"{kind}; charset=utf-8", headers=headers)


def _chosen(request: HttpRequest, study: Study) -> str:
    form = SelectionForm(QueryDict(request.POST.get("chosen", "")), study=study)
    return "" if form.problem else form.selection.query


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _switch(study: Study) -> dict[By, str]:
    """What a panel can be cut by; one run is not worth a cut."""
    return NAMES if len(study.runs_in_order) > 1 else {by: words for by, words in NAMES.items() if by != "run"}
