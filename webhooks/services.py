"""What has ended is read from the database, so that nothing has to remember to tell: an end that was seen once has its
delivery, and a delivery goes on being tried."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from accounts.models import User
from annotation.models import Judgment
from common.refusals import Refused
from webhooks.ended import alarms_on, runs_ended, studies_ended, workers_absent
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
        for ended in (*runs_ended(), *alarms_on(), *studies_ended(), *workers_absent())
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
