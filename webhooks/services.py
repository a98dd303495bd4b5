"""What has ended is read from the database, so that nothing has to remember to tell: an end that was seen once has its
delivery, and a delivery goes on being tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Sum
from django.db.models.functions import Coalesce, Now

from accounts.models import User
from annotation.models import Judgment, Study
from common.counting import included_q, of_people_q
from common.refusals import Refused
from distillation.models import Alarm, Run
from webhooks.judgments import judgments_announce
from webhooks.models import Delivery, Event, Webhook
from webhooks.sending import SendFailed, send, url_check

AT_ONCE = 50
# After so many tries, one more each, a delivery has failed: about two days.
WAITS = [
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    *[timedelta(hours=h) for h in (1, 6, 20, 24)],
]
SENDING = timedelta(minutes=2)  # in hand of a worker; it is tried again if that one dies


class WebhookRefused(Refused):
    """One line: what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True)
class Ended:
    event: Event
    key: str
    at: datetime
    payload: dict


def webhook_add(*, url: str, events: list[str], by: User) -> Webhook:
    if unknown := sorted(set(events) - set(Event.values)):
        raise WebhookRefused(f"There is no event {', '.join(unknown)}; there are {', '.join(Event.values)}")
    if not events:
        raise WebhookRefused("Choose at least one event")
    try:
        url_check(url)
    except SendFailed as error:
        raise WebhookRefused(f"{url[:200]}: {error}") from error
    latest = Judgment.objects.aggregate(pk=Max("pk"))["pk"] or 0
    return Webhook.objects.create(url=url, events=events, created_by=by, last_judgment=latest)


def webhook_remove(*, webhook: Webhook) -> None:
    webhook.delete()


def webhooks_announce() -> None:
    """Make the deliveries of what has ended since each webhook was made, unless they are there already."""
    webhooks = list(Webhook.objects.filter(is_active=True))
    if not webhooks:
        return
    wanted = [
        Delivery(webhook=webhook, event=ended.event, key=ended.key, payload=ended.payload)
        for ended in (*_runs(), *_alarms(), *_studies())
        for webhook in webhooks
        if ended.event in webhook.events and ended.at >= webhook.created_at
    ]
    Delivery.objects.bulk_create(wanted, ignore_conflicts=True)
    for webhook in webhooks:
        if Event.JUDGMENT_SAVED in webhook.events:
            judgments_announce(webhook)


def deliveries_send() -> int:
    """Send what is due; how many were delivered."""
    delivered = 0
    for delivery in _claim():
        try:
            answer, done = send(delivery), True
        except SendFailed as error:
            answer, done = str(error), False
        _settle(delivery, done=done, answer=answer)
        delivered += done
    return delivered


@transaction.atomic
def _claim() -> list[Delivery]:
    due = Delivery.objects.filter(state=Delivery.State.WAITING, due_at__lte=Now(), webhook__is_active=True)
    claimed = list(
        due.select_related("webhook").select_for_update(skip_locked=True, of=("self",)).order_by("due_at")[:AT_ONCE]
    )
    Delivery.objects.filter(pk__in=[each.pk for each in claimed]).update(due_at=Now() + SENDING, tries=F("tries") + 1)
    return claimed


def _settle(delivery: Delivery, *, done: bool, answer: str) -> None:
    tries = delivery.tries + 1
    now: dict[str, Any]
    if done:
        now = {"state": Delivery.State.DELIVERED}
    elif tries > len(WAITS):
        now = {"state": Delivery.State.FAILED}
    else:
        now = {"due_at": Now() + WAITS[tries - 1]}
    Delivery.objects.filter(pk=delivery.pk).update(answer=answer[:300], **now)


def _runs() -> Iterator[Ended]:
    for run in Run.objects.filter(state=Run.State.DONE):
        if at := run.finished_at:
            payload = {"run": run.name, "backend": run.backend, "model": run.model, "finished_at": at.isoformat()}
            yield Ended(Event.RUN_FINISHED, f"{run.name} {at.isoformat()}", at, payload)


def _alarms() -> Iterator[Ended]:
    for alarm in Alarm.objects.select_related("run"):
        told = {name: getattr(alarm, name) for name in ("kind", "share", "limit", "n", "what", "words")}
        payload = {"run": alarm.run.name, **told, "since": alarm.since.isoformat()}
        key = f"{alarm.run.name} {alarm.kind} {alarm.since.isoformat()}"
        yield Ended(Event.RUN_ALARM, key, alarm.since, payload)


def _studies() -> Iterator[Ended]:
    """A study is full when the judgments that count are as many as wanted, whoever gave the last one."""
    counting = included_q("participants__")
    studies = Study.objects.annotate(judged=Coalesce(Sum("participants__n_judged", filter=counting), 0))
    for study in studies.filter(of_people_q(), n_items__gt=0, judged__gte=F("n_items") * F("overlap")):
        at = study.items.sampled().aggregate(at=Max("judged_at"))["at"]
        if at:
            payload = {"study": study.name, "id": study.pk, "judgments": study.judged, "finished_at": at.isoformat()}
            yield Ended(Event.STUDY_FINISHED, f"{study.pk} {at.isoformat()}", at, payload)
