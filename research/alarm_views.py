"""From where on a run looks wrong."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from distillation.models import Alarm, AlarmLimits
from distillation.runs.alarms import alarm_limits_set

LABELS = {
    "kept": "Kept share under",
    "failures": "Failures over",
    "no_probability": "Verdicts without a probability over",
    "near_duplicates": "Near-duplicates over",
    "relation": "One relation over",
    "opening": "One opening over",
}


class LimitsForm(forms.Form):
    """In per cent; empty: no alarm."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            hint = str(getattr(AlarmLimits._meta.get_field(name), "help_text", ""))
            self.fields[name] = forms.FloatField(
                label=f"{label}, %", required=False, min_value=0, max_value=100,
                help_text=f"{hint[0].upper()}{hint[1:]}; empty: no alarm",
            )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def run_alarms(request: PersonRequest) -> HttpResponse:
    form = LimitsForm(request.POST or None, initial=_percents(AlarmLimits.now()))
    if request.method == "POST" and form.is_valid():
        given = {name: None if value is None else value / 100 for name, value in form.cleaned_data.items()}
        alarm_limits_set(limits=given)
        messages.success(request, "The limits are saved; the alarms follow within seconds.")
        return redirect("run-alarms")
    alarms = Alarm.objects.select_related("run").order_by("-since")
    page = {"form": form, "alarms": alarms}
    return render(request, "diversity/alarms.html", page, status=422 if form.errors else 200)


def _percents(limits: AlarmLimits) -> dict[str, str]:
    shares = {name: getattr(limits, name) for name in LABELS}
    return {name: "" if share is None else f"{100 * share:g}" for name, share in shares.items()}
