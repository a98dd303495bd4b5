"""Every run's alarms, evaluated again when something may have changed them."""

from django.core.cache import cache
from django.forms.models import model_to_dict

from distillation.models import Alarm, AlarmLimits, Run
from distillation.pipeline.relations import RELATIONS
from distillation.runs.alarms import Reading, alarms_settle, run_readings
from research.models import Diversity

FEW_RELATIONS = 3  # of fewer, one always dominates
KNOWN_FOR_S = 86_400


def alarms_sweep() -> None:
    limits = AlarmLimits.now()
    for run in Run.objects.select_related("diversity"):
        seen = _seen(run, limits)
        if run.state == Run.State.RUNNING or cache.get(f"alarms-{run.pk}") != seen:
            alarms_refresh(run=run, limits=limits)
            cache.set(f"alarms-{run.pk}", seen, KNOWN_FOR_S)


def alarms_refresh(*, run: Run, limits: AlarmLimits) -> None:
    kept = Diversity.objects.filter(run=run).exclude(figures={}).first()
    texts = diversity_readings(kept.figures) if kept else []
    alarms_settle(run=run, readings=[*run_readings(run), *texts], limits=limits)


def diversity_readings(figures: dict) -> list[Reading]:
    n = figures["n"]
    readings = [Reading(Alarm.Kind.NEAR_DUPLICATES, figures["duplicates"]["n_near"] / n, n)]
    for row in figures["openings"][:1]:
        readings.append(Reading(Alarm.Kind.OPENING, row["share"], n, row["text"]))
    kept = sum(row["kept"] for row in figures["relations"])
    if kept and len(figures["relations"]) >= FEW_RELATIONS:
        most = max(figures["relations"], key=lambda row: row["kept"])
        words = RELATIONS[most["relation"]].words
        readings.append(Reading(Alarm.Kind.RELATION, most["kept"] / kept, kept, words))
    return readings


def _seen(run: Run, limits: AlarmLimits) -> tuple:
    """A run that has ended changes by these alone."""
    diversity = getattr(run, "diversity", None)
    return (run.state, run.strictness, diversity and diversity.computed_at, tuple(model_to_dict(limits).values()))
