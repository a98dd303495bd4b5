"""Experiments in a shop: who was shown which arm, and what came of it. Units are kept as keyed hashes only."""

import secrets

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now

from common.lists import ArchiveQuerySet
from distillation.models import Run
from research.models.experiments import Experiment


def new_salt() -> str:
    return secrets.token_hex(16)


class OnlineExperiment(models.Model):
    name = models.CharField(
        max_length=60, unique=True, validators=[RegexValidator(r"^(?!\.+\Z)[\w.-]+\Z", "Use letters, digits, . - _")]
    )
    question = models.CharField(max_length=300, blank=True)
    experiment = models.ForeignKey(
        Experiment, models.SET_NULL, null=True, blank=True, related_name="online", help_text="whose arms the shop shows"
    )
    salt = models.CharField(max_length=64, default=new_salt, help_text="of the assignment; fixed")
    window_days = models.SmallIntegerField(
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="outcomes count so long after a unit's first exposure",
    )
    before_days = models.SmallIntegerField(
        default=28,
        validators=[MinValueValidator(0), MaxValueValidator(365)],
        help_text="outcomes so long before it steady the comparison; 0: none",
    )
    planned_units = models.IntegerField(
        default=100_000,
        validators=[MinValueValidator(100), MaxValueValidator(1_000_000_000)],
        help_text="of all arms: about there the band is narrowest",
    )
    simulated = models.BooleanField(default=False)
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="exposures after it are not taken")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    repeats = models.BigIntegerField(default=0, help_text="rows that came again under their key")
    erased_units = models.IntegerField(default=0)
    counted = models.JSONField(default=dict, blank=True, help_text="sums by day and arm, and what is left out")
    counted_at = models.DateTimeField(null=True, blank=True)
    counted_s = models.FloatField(default=0, help_text="how long counting took")
    counted_exposure = models.BigIntegerField(default=0, help_text="the newest row when it was counted")
    counted_outcome = models.BigIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, help_text="out of the list; nothing else changes")

    objects = ArchiveQuerySet.as_manager()

    class Meta:
        verbose_name = "online experiment"

    def __str__(self) -> str:
        return self.name

    @property
    def weights(self) -> list[int]:
        return [arm.weight for arm in self.arms.all()]


class OnlineArm(models.Model):
    """What a share of the units is shown. The first is the control."""

    class Shows(models.TextChoices):
        TITLES = "titles", "titles alone"
        KEPT = "kept", "intentions that the filter keeps"
        ALL = "all", "all intentions"
        OTHER = "other", "something else"

    online = models.ForeignKey(OnlineExperiment, models.CASCADE, related_name="arms")
    place = models.SmallIntegerField()
    name = models.CharField(max_length=60)
    shows = models.CharField(max_length=10, choices=Shows, default=Shows.OTHER)
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="+")
    weight = models.IntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(10_000)])

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["online", "place"], name="online_arm_place_once"),
            models.UniqueConstraint(fields=["online", "name"], name="online_arm_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """No index but two: ten million rows come by COPY."""

    online = models.ForeignKey(OnlineExperiment, models.CASCADE, related_name="exposures", db_index=False)
    key = models.UUIDField(help_text="keyed hash of the shop's own")
    unit = models.UUIDField(help_text="keyed hash")
    arm = models.SmallIntegerField(help_text="the place of what was shown")
    as_assigned = models.BooleanField(help_text="it is what the hash assigns")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["online", "key"], name="online_exposure_once")]
        indexes = [models.Index(fields=["online", "unit", "at"], name="exposure_of_unit")]

    def __str__(self) -> str:
        return f"{self.key}"


class Outcome(models.Model):
    online = models.ForeignKey(OnlineExperiment, models.CASCADE, related_name="outcomes", db_index=False)
    key = models.UUIDField(help_text="keyed hash of the shop's own")
    unit = models.UUIDField(help_text="keyed hash")
    value = models.FloatField(help_text="money")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["online", "key"], name="online_outcome_once")]
        indexes = [models.Index(fields=["online", "unit"], name="outcome_of_unit")]

    def __str__(self) -> str:
        return f"{self.key}"
