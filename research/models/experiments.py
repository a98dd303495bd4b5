"""Experiments: a question, and runs that differ in one thing each."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from distillation.models import Run


class Experiment(models.Model):
    """A question, one control and up to eight other arms over the same co-buys."""

    MOST_ARMS = 8  # beside the control

    name = models.CharField(
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^(?!\.+\Z)[\w.-]+\Z", "Use letters, digits, dots, hyphens and underscores.")],
    )
    question = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.question or self.name

    @property
    def control(self) -> "Arm":
        return self.arms.select_related("run").get(is_control=True)


class Arm(models.Model):
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="arms")
    run = models.ForeignKey(Run, models.PROTECT, related_name="arms")
    is_control = models.BooleanField(default=False)
    factor = models.CharField(max_length=20, blank=True, help_text="what differs from the control; empty: a run chosen")
    value = models.CharField(max_length=300, blank=True)
    place = models.PositiveSmallIntegerField(help_text="on the page; the control is first")

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "run"], name="arm_once"),
            models.UniqueConstraint(fields=["experiment"], condition=Q(is_control=True), name="arm_one_control"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        if self.is_control:
            return "control"
        return f"{self.factor}: {self.value}" if self.factor else self.run.name
