"""Webhooks, and what was delivered to them."""

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Event(models.TextChoices):
    RUN_FINISHED = "run.finished", "a run is finished"
    RUN_ALARM = "run.alarm", "a run raises an alarm"
    STUDY_FINISHED = "study.finished", "a study has all its judgments"
    JUDGMENT_SAVED = "judgment.saved", "somebody has judged an item"


def secret_make() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


class Webhook(models.Model):
    url = models.URLField(max_length=500)
    events = ArrayField(models.CharField(max_length=40, choices=Event))
    secret = models.CharField(max_length=80, default=secret_make, help_text="what deliveries are signed with")
    is_active = models.BooleanField(default=True)
    last_judgment = models.BigIntegerField(default=0, db_default=0, help_text="the latest that was told")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), help_text="what ended before is not told")

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event for one webhook: made once, sent until it is answered."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DELIVERED = "delivered", "delivered"
        FAILED = "failed", "failed"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40, choices=Event)
    key = models.CharField(max_length=200, help_text="what ended, and when: one end is told once")
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    answer = models.CharField(max_length=300, blank=True, help_text="the last one, or why there was none")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["webhook", "event", "key"], name="delivery_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"
