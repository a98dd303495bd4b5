"""Experiments: a question, and runs that differ in one thing each."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from common.lists import ArchiveQuerySet
from distillation.models import Intention, Run


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
    archived_at = models.DateTimeField(null=True, blank=True, help_text="out of the list; nothing else changes")

    objects = ArchiveQuerySet.as_manager()

    def __str__(self) -> str:
        return self.question or self.name

    @property
    def control(self) -> "Arm":
        return self.arms.select_related("run").get(is_control=True)


class ArmQuerySet(models.QuerySet):
    def to_start(self) -> "ArmQuerySet":
        """Whose runs were made for the experiment."""
        return self.exclude(factor="").filter(reading="")


class Arm(models.Model):
    """A run of an experiment, or the control's run read in another way."""

    class Reading(models.TextChoices):
        """What of the control's own intentions counts as kept; no call is made for it."""

        STRICTNESS = "strictness", "from another p(yes) on"
        ALL = "all", "all, as without a filter"
        RANDOM = "random", "as many as the filter keeps, drawn by chance"

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="arms")
    run = models.ForeignKey(Run, models.PROTECT, related_name="arms")
    is_control = models.BooleanField(default=False)
    factor = models.CharField(max_length=20, blank=True, help_text="what differs from the control; empty: a run chosen")
    value = models.CharField(max_length=300, blank=True)
    place = models.PositiveSmallIntegerField(help_text="on the page; the control is first")
    reading = models.CharField(max_length=10, choices=Reading, blank=True, help_text="empty: as the run is")
    strictness = models.FloatField(null=True, blank=True, help_text="of a reading from another p(yes) on")

    objects = ArmQuerySet.as_manager()

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "run", "factor", "value"], name="arm_once"),
            models.UniqueConstraint(fields=["experiment"], condition=Q(is_control=True), name="arm_one_control"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        if self.is_control:
            return "control"
        if not self.factor:
            return self.run.name
        # Without a treatment's version, which the value and the run's settings have.
        value = self.value.partition("@")[0] if self.factor == "pictures" else self.value
        return f"{self.factor}: {value}"


class Followed(models.Model):
    """What a person says an intention speaks of, when the model was shown other products' pictures."""

    class Kind(models.TextChoices):
        TITLE = "title", _("The products of the titles")
        PICTURE = "picture", _("The products in the pictures")
        BOTH = "both", _("Both")
        NEITHER = "neither", _("Neither")
        CANNOT_TELL = "cannot", _("I can't tell")

    arm = models.ForeignKey(Arm, models.CASCADE, related_name="followed")
    intention = models.ForeignKey(Intention, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "answer to the blunt test"
        verbose_name_plural = "answers to the blunt test"
        constraints = [models.UniqueConstraint(fields=["arm", "intention", "person"], name="followed_once")]

    def __str__(self) -> str:
        return f"{self.intention_id}: {self.kind}"
