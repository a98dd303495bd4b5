"""Before and after in one: what is taught with and without the filter and so on, trained, asked, compared."""

from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from common.lists import ArchiveQuerySet
from distillation.models import Run


class GainQuerySet(ArchiveQuerySet["Gain"]):
    def for_list(self) -> "GainQuerySet":
        return self.select_related("run").order_by("-pk")


class Gain(models.Model):
    """Its trainings and evaluations are named after it, a dot, and the arm; `base` is the evaluation before."""

    class State(models.TextChoices):
        RUNNING = "running", "under way"
        STOPPED = "stopped", "stopped"
        DONE = "done", "done"

    name = models.CharField(
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^(?!\.+\Z)[\w.-]+\Z", "Use letters, digits, dots, hyphens and underscores.")],
    )
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    folder = models.CharField(max_length=500, help_text="where the data of each arm lie")
    config = models.JSONField(help_text="base, benchmark, arms, training, asking; fixed at the start")
    data = models.JSONField(
        default=dict, blank=True, help_text="records of each arm, before and after they were equalled"
    )
    results = models.JSONField(default=dict, blank=True, help_text="the table")
    state = models.CharField(max_length=20, choices=State, default=State.RUNNING)
    message = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, help_text="out of the list; nothing else changes")

    objects = GainQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def arms(self) -> dict[str, dict[str, Any]]:
        """By name, the method first."""
        return {arm["name"]: arm for arm in self.config["arms"]}

    def of(self, arm: str) -> str:
        return f"{self.name}.{arm}"
