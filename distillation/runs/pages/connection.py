"""Testing the connection to model servers, before a run is started with them."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.access import researcher_required
from distillation.runs.servers import report_row, servers_report
from distillation.runs.services import RunRefused, RunSettings

WAITS_S = 60  # a web process is held for so long


class ConnectionForm(forms.Form):
    """What of the form for a new run tells how its servers will be asked."""

    base_urls = forms.CharField()
    model = forms.CharField(required=False, max_length=200)
    with_images = forms.BooleanField(required=False)
    side_by_side = forms.BooleanField(required=False)
    max_tokens = forms.IntegerField(min_value=16, max_value=100_000)


def connection_rows(asked: dict) -> list[dict]:
    """Raises RunRefused."""
    settings = RunSettings.checked(
        relations="open", limit=None, **{name: asked[name] for name in ("with_images", "side_by_side", "max_tokens")}
    )
    reports = servers_report(
        model=asked["model"], base_urls=asked["base_urls"], config=settings.as_config(), seconds=WAITS_S
    )
    return [report_row(report) for report in reports]


@require_POST
@researcher_required
def connection_test(request: HttpRequest) -> HttpResponse:
    form = ConnectionForm(request.POST)
    if not form.is_valid():
        problem = "Name at least one model server, and from 16 to 100,000 tokens of an answer."
        return render(request, "runs/_connection.html", {"problem": problem}, status=422)
    try:
        rows = connection_rows({**form.cleaned_data, "base_urls": form.cleaned_data["base_urls"].split()})
    except RunRefused as error:
        return render(request, "runs/_connection.html", {"problem": str(error)}, status=422)
    return render(request, "runs/_connection.html", {"servers": rows})
