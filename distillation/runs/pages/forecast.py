"""What a run will take, beside its form: counted in the catalog, and by what a run of the same model took a call."""

from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest, researcher_required
from common.words import duration, large
from distillation.models import CoBuy, Run, RunTick
from distillation.pipeline.filters import NOBODY
from distillation.pipeline.relations import parse_relations
from distillation.runs.pages.forms import RunForm
from distillation.runs.timeline import COUNTED, Tally
from distillation.treatments import NONE

LIMITS = "SET LOCAL statement_timeout = '3s'"
PRODUCTS = """
    SELECT count(DISTINCT p.id) FROM ({chosen}) c (id) JOIN distillation_cobuy b USING (id)
    CROSS JOIN LATERAL (VALUES (b.a_id), (b.b_id)) p (id)
"""
NEEDED = ("samples", "limit", "with_images", "pictures", "filter")


@dataclass(frozen=True, slots=True)
class Calls:
    """At most: what is in the cache is not asked again."""

    cobuys: int
    lacking: int  # co-buys without both pictures
    features: int
    intentions: int
    verdicts: int

    @property
    def all(self) -> int:
        return self.features + self.intentions + self.verdicts


@dataclass(frozen=True, slots=True)
class Measured:
    """What an earlier run took, taken for as many calls as these."""

    run: Run
    tokens: int
    seconds: float
    dollars: float | None


@require_POST
@researcher_required
def run_forecast(request: PersonRequest) -> HttpResponse:
    """Whatever else is still missing in the form: what can be said is said."""
    form = RunForm(request.POST)
    form.full_clean()
    asked = form.cleaned_data
    if not all(name in asked for name in NEEDED) or (asked.get("preset") == "chosen" and not asked.get("chosen")):
        return render(request, "runs/_forecast.html", {"problem": "Choose co-buys and relations: then it is counted."})
    try:
        calls = calls_of(form)
    except OperationalError:
        return render(request, "runs/_forecast.html", {"problem": "There are too many co-buys to be counted here."})
    return render(request, "runs/_forecast.html", {"calls": calls, **_said(calls, asked)})


@transaction.atomic
def calls_of(form: RunForm) -> Calls:
    """As `run_start` will choose. Raises OperationalError after some seconds."""
    asked = form.cleaned_data
    chosen = CoBuy.objects.filter(form.catalog.with_newest().q()).order_by("id")
    shown = chosen.with_pictures() if asked["with_images"] and asked["pictures"] != NONE else chosen
    limited = shown.values("id")[: asked["limit"]]
    sql, params = limited.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(LIMITS)
        cursor.execute(PRODUCTS.format(chosen=sql), params)
        products, cobuys = cursor.fetchone()[0], limited.count()
        lacking = 0 if shown is chosen else chosen.count() - shown.count()
    units = cobuys * len(parse_relations(form.relations)) * asked["samples"]
    return Calls(cobuys, lacking, products, units, 0 if asked["filter"] == NOBODY else units)


def measured(calls: Calls, *, backend: str, model: str) -> Measured | None:
    """By the newest run of this model that has ended; of any model where none is named."""
    runs = Run.objects.filter(state=Run.State.DONE, backend=backend, ticks__calls__gt=0)
    run = (runs.filter(model=model) if model else runs).order_by("-pk").first()
    if run is None:
        return None
    sums = RunTick.objects.filter(run=run).aggregate(**{name: Sum(name, default=0) for name in COUNTED})
    tally, ticks = Tally(**sums), RunTick.objects.filter(run=run).count()
    share, cost = calls.all / tally.calls, tally.cost(run.prices)
    tokens = round((tally.prompt_tokens + tally.completion_tokens) * share)
    return Measured(run, tokens, ticks * RunTick.SECONDS * share, None if cost is None else cost * share)


def _said(calls: Calls, asked: dict) -> dict[str, object]:
    found = measured(calls, backend=asked.get("backend", ""), model=asked.get("model", ""))
    if found is None:
        return {}
    tokens = large(found.tokens) if found.tokens else ""
    return {"found": found, "tokens": tokens, "time": duration(found.seconds)}
