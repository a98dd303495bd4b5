"""Trainings: one fine-tuning with its data, curve and adapter, and what happened to it."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from research.trainings.trainer.spec import served_rank

LOST_AFTER_S = 60  # whoever trains shows itself every few seconds


class TrainingQuerySet(models.QuerySet):
    def for_list(self) -> "TrainingQuerySet":
        return self.select_related("created_by").order_by("-pk")

    def lost(self) -> "TrainingQuerySet":
        """Said to be trained, by somebody who is gone."""
        return self.filter(state=Training.State.RUNNING, seen_at__lt=Now() - timedelta(seconds=LOST_AFTER_S))


class Training(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "waiting for a worker"
        RUNNING = "running", "training"
        PAUSED = "paused", "paused"
        STOPPED = "stopped", "stopped"
        CANCELLED = "cancelled", "cancelled"
        DONE = "done", "done"

    name = models.CharField(
        max_length=100,
        unique=True,
        validators=[RegexValidator(r"^(?!\.+\Z)[\w.-]+\Z", "Use letters, digits, dots, hyphens and underscores.")],
    )
    folder = models.CharField(max_length=500, help_text="where checkpoints and adapter lie, on the machine that trains")
    config = models.JSONField(help_text="data, base, rank, epochs, seed and so on; fixed at the start")
    manifest = models.JSONField(default=dict, blank=True, help_text="of the data, as its export wrote it")
    facts = models.JSONField(default=dict, blank=True, help_text="what the trainer found: steps, device, versions")
    result = models.JSONField(default=dict, blank=True, help_text="of the adapter: checksum, size")
    state = models.CharField(max_length=20, choices=State, default=State.PAUSED)
    message = models.CharField(max_length=500, blank=True, help_text="why it stopped, if it did")
    by_worker = models.BooleanField(default=False, help_text="taken by a worker of the queue; otherwise by a command")
    worker = models.CharField(max_length=200, blank=True, help_text="who took it last")
    seen_at = models.DateTimeField(null=True, blank=True)
    step = models.IntegerField(default=0)
    checkpoint = models.IntegerField(default=0, help_text="the step of the last whole one")
    seconds = models.FloatField(default=0, help_text="training, over all starts")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def base(self) -> str:
        return self.config["base"]

    @property
    def steps(self) -> int:
        """0 until the trainer has counted them."""
        return self.facts.get("steps", 0)

    @property
    def adapter(self) -> Path:
        return Path(self.folder) / "adapter"

    @property
    def serve_line(self) -> str:
        rank = f"--max-lora-rank {served_rank(self.config['rank'])}"
        return f"vllm serve {self.base} --enable-lora {rank} --lora-modules {self.name}={self.adapter}"


class TrainingPoint(models.Model):
    """A logged loss; a step that is computed again after a resume writes over what it was."""

    class Kind(models.TextChoices):
        TRAIN = "train", "training"
        VALIDATION = "validation", "validation"

    training = models.ForeignKey(Training, models.CASCADE, related_name="points")
    kind = models.CharField(max_length=10, choices=Kind)
    step = models.IntegerField()
    loss = models.FloatField()
    lr = models.FloatField(null=True)
    tokens = models.BigIntegerField(null=True, help_text="seen so far, without padding")
    rate = models.FloatField(null=True, help_text="tokens a second")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["training", "kind", "step"], name="training_point_once")]

    def __str__(self) -> str:
        return f"{self.training_id} {self.kind} {self.step}: {self.loss}"


class TrainingNote(models.Model):
    """What happened, in words."""

    training = models.ForeignKey(Training, models.CASCADE, related_name="notes")
    text = models.CharField(max_length=1000)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.text
