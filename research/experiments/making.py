"""Make an experiment: check its arms, say what they will cost, start their runs."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q, Sum

from accounts.models import User
from common.rows import name_lock
from distillation.models import CoBuy, Run, RunTick
from distillation.pipeline.filters import NOBODY
from distillation.runs.servers import Checked, backend_check
from distillation.runs.services import run_start
from distillation.runs.timeline import COUNTED, Tally
from distillation.treatments import NONE
from research.experiments.factors import ArmPlan, ExperimentRefused, arm_plans, asks_the_same
from research.models import Arm, Experiment

FEWEST_COBUYS = 2
LONGEST_VALUE = 30  # signs of it in a run's name
DIFFERENT_COBUYS = """
    SELECT count(*) FROM (SELECT cobuy_id FROM distillation_runcobuy WHERE run_id = %(a)s) a
    FULL JOIN (SELECT cobuy_id FROM distillation_runcobuy WHERE run_id = %(b)s) b USING (cobuy_id)
    WHERE a.cobuy_id IS NULL OR b.cobuy_id IS NULL
"""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of the arms that are to be run, by what the control took; None where that is not known."""

    arms: int
    calls: int
    tokens: int | None
    hours: float | None
    dollars: float | None

    def words(self) -> str:
        if not self.arms:
            return "No arm is to be run, so no call is made"
        unknown = "not known before the control has run"
        tokens = f"{self.tokens:,}" if self.tokens else unknown
        hours = f"{self.hours:.1f}" if self.hours is not None else unknown
        cost = f"${self.dollars:,.2f}" if self.dollars is not None else "not known: the control has no prices"
        arms = f"{self.arms} arm{'s' * (self.arms > 1)}"
        return f"{arms} to run: {self.calls:,} calls at most, tokens {tokens}, hours {hours}, cost {cost}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is needed to start; nothing is written yet."""

    control: Run
    runs: tuple[Run, ...]
    new: tuple[ArmPlan, ...]
    forecast: Forecast
    readings: tuple[ArmPlan, ...] = ()  # of the control, without a call
    any_server: bool = False  # who plans is at this machine

    def anywhere(self, arm: ArmPlan) -> bool:
        """The control's own servers are its arms', whoever plans them."""
        own = {*self.control.base_urls, *self.control.config.get("filter_base_urls", ())}
        asked = {*arm.base_urls, *arm.settings.filter_base_urls}
        return self.any_server or (self.control.any_server and asked <= own)


def experiment_plan(
    *, control: Run, runs: Sequence[Run] = (), vary: Mapping[str, Sequence[str]], any_server: bool = False
) -> Plan:
    """`runs` are finished ones to be taken as arms; where any are named the control must be one of them."""
    if runs and control not in runs:
        names = ", ".join(run.name for run in runs)
        raise ExperimentRefused(f"The control {control.name} is none of the arms {names}: name it among them")
    others = [run for run in runs if run != control]
    plans = arm_plans(control, vary)
    new, readings = [plan for plan in plans if not plan.reading], [plan for plan in plans if plan.reading]
    if not 1 <= (arms := len(others) + len(plans)) <= Experiment.MOST_ARMS:
        raise ExperimentRefused(f"An experiment has 1 to {Experiment.MOST_ARMS} arms beside the control, not {arms}")
    if len({run.pk for run in others}) < len(others):
        raise ExperimentRefused("A run is named twice among the arms: name each once")
    if control.cobuys.count() < FEWEST_COBUYS:
        raise ExperimentRefused(f"Run {control.name} has one co-buy, and one co-buy shows nothing: take a larger run")
    for run in others:
        _refuse_other_cobuys(control, run)
        _refuse_asked_twice(run, plans)
    _refuse_without_pictures(control, new)
    return Plan(control, tuple(others), tuple(new), forecast(control, new), tuple(readings), any_server)


def forecast(control: Run, new: Sequence[ArmPlan]) -> Forecast:
    units, products = control.cobuys.count() * control.units_per_cobuy, control.products.count()
    sums = RunTick.objects.filter(run=control).aggregate(**{name: Sum(name, default=0) for name in COUNTED})
    tally = Tally(**sums)
    ended = tally.verdicts + tally.failures
    calls = sum(_calls(control, plan, products) for plan in new)
    share = calls / (2 * units + products) * (units / ended) if ended else 0.0
    seconds = RunTick.objects.filter(run=control).count() * RunTick.SECONDS
    tokens, cost = tally.prompt_tokens + tally.completion_tokens, tally.cost(control.prices)
    return Forecast(
        arms=len(new),
        calls=calls,
        tokens=round(tokens * share) if ended else None,
        hours=seconds * share / 3600 if ended else None,
        dollars=cost * share if ended and cost is not None else None,
    )


def _calls(control: Run, plan: ArmPlan, products: int) -> int:
    asked = plan.settings
    units = control.cobuys.count() * len(asked.relations) * asked.samples
    if plan.judges_control:
        return units
    return units * (1 + (asked.filter != NOBODY)) + products * asked.with_features


def arms_check(plan: Plan) -> list[Checked]:
    """Asks the servers of the new arms; refuses one that is away or serves another model."""
    return [
        backend_check(
            backend=arm.backend,
            model=arm.model,
            base_urls=list(arm.base_urls),
            config=arm.settings.as_config(),
            any_server=plan.anywhere(arm),
        )
        for arm in plan.new
    ]


@transaction.atomic
def experiment_create(
    *, name: str, plan: Plan, checked: Sequence[Checked], question: str = "", created_by: User | None = None
) -> Experiment:
    """Arms start in an order that is drawn, so that none has the quiet hours for being named first."""
    experiment = Experiment(name=name, question=question, created_by=created_by)
    _check_fields(experiment)
    experiment.save()
    Arm.objects.create(experiment=experiment, run=plan.control, is_control=True, place=0)
    for place, run in enumerate(plan.runs, 1):
        Arm.objects.create(experiment=experiment, run=run, place=place)
    for place, arm in enumerate(plan.readings, 1 + len(plan.runs) + len(plan.new)):
        Arm.objects.create(
            experiment=experiment,
            run=plan.control,
            factor=arm.factor,
            value=arm.value,
            place=place,
            reading=arm.reading,
            strictness=arm.strictness,
        )
    order = list(enumerate(zip(plan.new, checked, strict=True), 1 + len(plan.runs)))
    random.Random(name).shuffle(order)  # noqa: S311 - no secret
    for place, (arm, found) in order:
        run, _ = run_start(
            name=_run_name(name, arm, place),
            backend=arm.backend,
            model=found.model,
            base_urls=list(arm.base_urls),
            settings=arm.settings,
            strictness=plan.control.strictness,
            servers=found.servers,
            created_by=created_by,
            any_server=plan.anywhere(arm),
            cobuys_of=plan.control,
            intentions_of=plan.control if arm.judges_control else None,
        )
        Run.objects.filter(pk=run.pk, prices={}).update(prices=plan.control.prices)
        _refuse_other_cobuys(plan.control, run)
        Arm.objects.create(experiment=experiment, run=run, factor=arm.factor, value=arm.value, place=place)
    return experiment


def _run_name(name: str, arm: ArmPlan, place: int) -> str:
    """Long values may begin alike, so the place tells those apart."""
    value = re.sub(r"[^\w.-]+", "-", arm.value).strip("-")
    value = value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 2].rstrip('-')}-{place}"
    return f"{name}-{arm.factor}-{value}"[:100]


def _check_fields(experiment: Experiment) -> None:
    if experiment.name == "new":
        raise ExperimentRefused('The name "new" stands for the page that makes an experiment; choose another')
    name_lock(Experiment._meta.db_table, experiment.name)
    if Experiment.objects.filter(name=experiment.name).exists():
        raise ExperimentRefused(f"There is an experiment {experiment.name} already: give the new one another name")
    try:
        experiment.full_clean(exclude=["created_at"])
    except ValidationError as error:
        lines = [f"{field}: {' '.join(words)}" for field, words in error.message_dict.items()]
        raise ExperimentRefused("; ".join(lines)) from error


def _refuse_other_cobuys(control: Run, run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT_COBUYS, {"a": control.pk, "b": run.pk})
        different = cursor.fetchone()[0]
    if different:
        raise ExperimentRefused(
            f"Run {run.name} is not over the co-buys of {control.name}: {different:,} are in one of them only; arms "
            "must have the same"
        )


def _refuse_asked_twice(run: Run, plans: Sequence[ArmPlan]) -> None:
    for plan in plans:
        if not plan.judges_control and asks_the_same(run, plan):
            raise ExperimentRefused(
                f"{plan.factor}={plan.value} is the same as run {run.name}, which is an arm already: leave one out"
            )


def _refuse_without_pictures(control: Run, new: Sequence[ArmPlan]) -> None:
    treated = [arm for arm in new if arm.factor == "pictures" and arm.settings.pictures != NONE]
    shown = Q(a__picture__isnull=False, b__picture__isnull=False)
    if treated and not CoBuy.objects.filter(shown, pk__in=control.cobuys.values("cobuy")).exists():
        raise ExperimentRefused(
            f"pictures={treated[0].value}: no co-buy of {control.name} has a picture of both products; import pictures "
            "first"
        )
