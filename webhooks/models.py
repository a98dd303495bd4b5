"""Webhooks, and what was delivered to them."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Event(models.TextChoices):
    RUN_FINISHED = "run.finished", "a run is finished"
    RUN_ALARM = "run.alarm", "a run raises an alarm"
    WORKER_ABSENT = "worker.absent", "a worker is absent while a run goes on"
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


class NoticeChoice(models.Model):
    """How somebody wants to be told; who has none is told in the browser of what they started themselves."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notice_choice"
    )
    in_browser = models.BooleanField(default=True)
    by_email = models.BooleanField(default=False)
    own_only = models.BooleanField(default=True, help_text="of runs and studies: not of those of others")

    def __str__(self) -> str:
        return f"notices of {self.person_id}"


class NoticeQuerySet(models.QuerySet):
    def shown_to(self, person: Any) -> "NoticeQuerySet":
        return self.filter(person=person, in_browser=True).order_by("-pk")

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)


class Notice(models.Model):
    """One event for one person: made once, shown until it is read, mailed if they want it so."""

    class Mail(models.TextChoices):
        NONE = "none", "not wanted"
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    event = models.CharField(max_length=40, choices=Event)
    key = models.CharField(max_length=200, help_text="what it is of, and when")
    words = models.CharField(max_length=500)
    path = models.CharField(max_length=300, blank=True, help_text="the page that it leads to")
    in_browser = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=10, choices=Mail, default=Mail.NONE)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    answer = models.CharField(max_length=300, blank=True, help_text="why it could not be mailed, at the last try")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "event", "key"], name="notice_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(mail="waiting"), name="notice_to_mail")]

    def __str__(self) -> str:
        return self.words
