"""Batches: files of requests that are answered hours later, and the calls in them. Their rows are all that a worker
needs to go on after another one was killed."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from distillation.models.catalog import CoBuy, Product
from distillation.models.runs import Run


class BatchQuerySet(models.QuerySet):
    def out(self) -> "BatchQuerySet":
        """Those whose answers are to come."""
        return self.filter(state__in=[*Batch.TO_SEND, *Batch.TO_TAKE]).order_by("pk")

    def to_send(self) -> "BatchQuerySet":
        due = Q(not_before=None) | Q(not_before__lte=Now())
        return self.filter(due, state__in=Batch.TO_SEND).order_by("pk")

    def to_take(self) -> "BatchQuerySet":
        return self.filter(state__in=Batch.TO_TAKE).order_by("pk")

    def in_words(self) -> list[str]:
        """A line for each state: files, and calls answered of those asked."""
        counted = self.values("state").annotate(
            files=models.Count("pk"), calls=models.Sum("n_calls"), answered=models.Sum("n_answered")
        )
        told = {row["state"]: row for row in counted}
        return [
            f"{state.label}: {row['files']:,}, {row['answered']:,} of {row['calls']:,} calls answered"
            for state in Batch.State
            if (row := told.get(state))
        ]


class Batch(models.Model):
    """One file of requests. Written whole before it is put on record; on record before it is sent."""

    class State(models.TextChoices):
        WRITING = "writing", "its wave is being written"
        WRITTEN = "written", "to be sent"
        SENDING = "sending", "being sent"
        SENT = "sent", "being answered"
        CALLED_OFF = "called_off", "called off; what was answered can be had"
        TAKEN = "taken", "taken"
        DROPPED = "dropped", "given up"

    TO_SEND = (State.WRITTEN, State.SENDING)
    TO_TAKE = (State.SENT, State.CALLED_OFF)

    run = models.ForeignKey(Run, models.CASCADE, related_name="batches")
    key = models.CharField(max_length=32, unique=True, help_text="its file's name, and what it is found again by")
    state = models.CharField(max_length=10, choices=State, default=State.WRITING)
    n_calls = models.PositiveIntegerField()
    n_bytes = models.PositiveBigIntegerField()
    n_answered = models.PositiveIntegerField(default=0, help_text="as whoever runs it says, then as taken")
    abilities = models.JSONField(help_text="for which its requests were made")
    file_id = models.CharField(max_length=200, blank=True, help_text="as the server calls it")
    batch_id = models.CharField(max_length=200, blank=True, help_text="as the server calls it")
    message = models.CharField(max_length=500, blank=True)
    not_before = models.DateTimeField(null=True, help_text="when it is sent again, where it was turned away")
    refusals = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"{self.run_id} {self.key[:8]}: {self.n_calls} calls, {self.state}"


class BatchCall(models.Model):
    """A question in a batch, until what it was asked for has ended: then its row is gone, so an answer counts once."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="calls", help_text="the last it was in")
    custom_id = models.CharField(max_length=64)
    step = models.CharField(max_length=10)
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+", db_index=False)
    cobuy = models.ForeignKey(CoBuy, models.CASCADE, null=True, related_name="+", db_index=False)
    relation = models.CharField(max_length=20, blank=True)
    sample = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0, help_text="answers that came to nothing")
    lessons = models.PositiveSmallIntegerField(default=0, help_text="times it was refused as it was put")
    status = models.PositiveSmallIntegerField(null=True, help_text="of HTTP; 0: it was not answered; empty: it is out")
    came = models.TextField(blank=True, help_text="what came, until it is read")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "custom_id"], name="batch_call_once")]
        indexes = [
            models.Index(fields=["run", "cobuy"], name="batch_call_cobuy"),
            models.Index(fields=["run", "product"], name="batch_call_product"),
        ]

    def __str__(self) -> str:
        return self.custom_id
