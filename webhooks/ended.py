"""What has ended, rings or is absent, read from the database, so that nothing has to remember to tell."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotation.models import Study
from common.counting import included_q, of_people_q
from distillation.models import Alarm, Run, Worker
from distillation.models.runs import OF_TRAININGS
from webhooks.models import Event

ABSENT, FORGOTTEN = timedelta(minutes=1), timedelta(hours=1)  # since a worker's last sign


@dataclass(frozen=True, slots=True)
class Ended:
    event: Event
    key: str
    at: datetime
    payload: dict
    owner: int | None = None  # who started it; none: a command, or it is everybody's


def runs_ended(since: datetime | None = None) -> Iterator[Ended]:
    runs = Run.objects.filter(state=Run.State.DONE, **({"finished_at__gte": since} if since else {}))
    for run in runs:
        if at := run.finished_at:
            payload = {"run": run.name, "backend": run.backend, "model": run.model, "finished_at": at.isoformat()}
            yield Ended(Event.RUN_FINISHED, f"{run.name} {at.isoformat()}", at, payload, run.created_by_id)


def alarms_on() -> Iterator[Ended]:
    for alarm in Alarm.objects.select_related("run"):
        told = {name: getattr(alarm, name) for name in ("kind", "share", "limit", "n", "what", "words")}
        payload = {"run": alarm.run.name, **told, "since": alarm.since.isoformat()}
        key = f"{alarm.run.name} {alarm.kind} {alarm.since.isoformat()}"
        yield Ended(Event.RUN_ALARM, key, alarm.since, payload, alarm.run.created_by_id)


def studies_ended(told: Collection[int] = ()) -> Iterator[Ended]:
    """A study is full when the judgments that count are as many as wanted, whoever gave the last one. The moment of its
    last judgment costs a look at all items: not for those that are `told`."""
    counting = included_q("participants__")
    studies = Study.objects.annotate(judged=Coalesce(Sum("participants__n_judged", filter=counting), 0))
    full = studies.filter(of_people_q(), n_items__gt=0, judged__gte=F("n_items") * F("overlap"))
    for study in full.exclude(pk__in=told):
        at = study.items.sampled().aggregate(at=Max("judged_at"))["at"]
        if at:
            payload = {"study": study.name, "id": study.pk, "judgments": study.judged, "finished_at": at.isoformat()}
            yield Ended(Event.STUDY_FINISHED, f"{study.pk} {at.isoformat()}", at, payload, study.created_by_id)


def workers_absent() -> Iterator[Ended]:
    """That have shown themselves within the last hour, not within the last minute, while a run goes on."""
    if not Run.objects.filter(state=Run.State.RUNNING).exists():
        return
    now = timezone.now()
    lost = Worker.objects.filter(seen_at__gt=now - FORGOTTEN, seen_at__lt=now - ABSENT)
    for worker in lost.exclude(name__startswith=OF_TRAININGS):
        payload = {"worker": worker.name, "seen_at": worker.seen_at.isoformat()}
        yield Ended(Event.WORKER_ABSENT, f"{worker.name} {worker.seen_at.isoformat()}", worker.seen_at, payload)
