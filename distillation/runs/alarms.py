"""Raise and clear the alarms of a run from what was read of it. They are about models: the baseline has none."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from distillation.models import Alarm, AlarmLimits, Failure, Run
from distillation.runs.kept import run_kept
from distillation.runs.reports import LATELY_S, run_ended
from distillation.runs.timeline import run_recent

LEAST = 100  # of fewer, chance alone would raise alarms

WRONG_MODEL = "Often a changed prompt or a wrong model: read some of the rejected ones."
HELP: dict[str, str] = {
    "kept": WRONG_MODEL,
    "kept_lately": WRONG_MODEL,
    "failures": "See the failures by reason below, and what helps.",
    "no_probability": "The plain yes or no decides there, and the strictness moves nothing: use a server that gives "
    "log-probabilities.",
    "near_duplicates": "Raise the temperature or change the prompt, and see the largest groups on the page Diversity.",
    "relation": "The filter hardly lets others through: compare relations in a study before the run is used.",
    "opening": "The model follows a pattern: see the most frequent openings on the page Diversity.",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A share of `n`, and what it is of."""

    kind: Alarm.Kind
    share: float | None
    n: int
    what: str = ""

    def limit(self, limits: AlarmLimits) -> float | None:
        return limits.kept if self.kind == Alarm.Kind.LATELY else getattr(limits, self.kind)

    def alarm(self, run: Run, limits: AlarmLimits) -> Alarm | None:
        """None where all is well."""
        limit = self.limit(limits)
        if limit is None or self.share is None or self.n < LEAST:
            return None
        wrong = self.share < limit if self.kind in (Alarm.Kind.KEPT, Alarm.Kind.LATELY) else self.share > limit
        told = {"share": self.share, "limit": limit, "n": self.n, "what": self.what[:200]}
        return Alarm(run=run, kind=self.kind, **told) if wrong else None


def run_readings(run: Run) -> list[Reading]:
    verdicts, _ = run_ended(run)  # without a filter: intentions
    kept = run_kept(run, run.strictness, verdicts=verdicts)
    failed = Failure.objects.filter(run=run, cobuy__isnull=False).count()
    ended = verdicts + failed
    lately = run_recent(run, LATELY_S).tally if run.state == Run.State.RUNNING and run.is_filtered else None
    without = kept.without_p / kept.verdicts if kept.verdicts else None
    readings = [
        Reading(Alarm.Kind.KEPT, kept.share, kept.verdicts),
        Reading(Alarm.Kind.FAILURES, failed / ended if ended else None, ended),
        Reading(Alarm.Kind.NO_PROBABILITY, without, kept.verdicts),
    ]
    return [*readings, Reading(Alarm.Kind.LATELY, lately.yes_share, lately.verdicts)] if lately else readings


@transaction.atomic
def alarms_settle(*, run: Run, readings: Sequence[Reading], limits: AlarmLimits) -> None:
    """One that stays on keeps the time since when it is."""
    alarms = [] if run.is_baseline else [alarm for each in readings if (alarm := each.alarm(run, limits))]
    kinds = {alarm.kind for alarm in alarms}
    if Alarm.Kind.KEPT in kinds:
        kinds.discard(Alarm.Kind.LATELY)  # the same again
    Alarm.objects.filter(run=run).exclude(kind__in=kinds).delete()
    Alarm.objects.bulk_create(
        [alarm for alarm in alarms if alarm.kind in kinds],
        update_conflicts=True,
        unique_fields=["run", "kind"],
        update_fields=["share", "limit", "n", "what"],
    )


@transaction.atomic
def alarm_limits_set(*, limits: dict[str, float | None]) -> AlarmLimits:
    """Those that are not named stay."""
    row = AlarmLimits.now()
    for name, value in limits.items():
        setattr(row, name, value)
    row.save()
    return row
