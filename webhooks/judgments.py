"""Judgments one by one, for webhooks that ask for them: each once, in whatever order their transactions end.

Who judged is not told: a delivery stays, and an erased person must not be in it.
"""

from django.db.models import Exists, F, OuterRef, TextField
from django.db.models.functions import Cast

from annotation.models import Judgment
from common.counting import of_people_q
from webhooks.models import Delivery, Event, Webhook

AT_ONCE = 1_000
BEHIND = 10_000  # keys below the latest one told, which a transaction that is still open may yet bring


def judgments_announce(webhook: Webhook) -> None:
    """Make the deliveries of judgments since the webhook was made, the earliest first."""
    told = Delivery.objects.filter(webhook=webhook, event=Event.JUDGMENT_SAVED, key=OuterRef("key"))
    new = Judgment.objects.filter(
        of_people_q("participant__study__"), pk__gt=webhook.last_judgment - BEHIND, created_at__gte=webhook.created_at
    )
    new = new.annotate(key=Cast("pk", TextField()), study=F("item__study"), name=F("item__study__name"))
    found = list(new.exclude(Exists(told)).order_by("pk")[:AT_ONCE])
    deliveries = [
        Delivery(webhook=webhook, event=Event.JUDGMENT_SAVED, key=each.key, payload=_payload(each)) for each in found
    ]
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    if found:
        Webhook.objects.filter(pk=webhook.pk).update(last_judgment=max(webhook.last_judgment, found[-1].pk))


def _payload(judgment: Judgment) -> dict[str, object]:
    answers = {name: getattr(judgment, name) for name in ("plausibility", "typicality", "preference")}
    return {
        "judgment": judgment.pk,
        "study": judgment.name,  # type: ignore[attr-defined]  # annotated
        "study_id": judgment.study,  # type: ignore[attr-defined]
        "item": judgment.item_id,
        "kind": judgment.kind,
        "study_version": judgment.version,
        "answers": {name: value for name, value in answers.items() if value is not None},
        "judged_at": judgment.created_at.isoformat(),
    }
