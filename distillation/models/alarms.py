"""What looks wrong with a run, and from where on it does."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.words import percent
from distillation.models.runs import Run


def _limit(default: float, help_text: str) -> models.FloatField:
    share = [MinValueValidator(0.0), MaxValueValidator(1.0)]
    return models.FloatField(default=default, null=True, blank=True, validators=share, help_text=help_text)


class AlarmLimits(models.Model):
    """One row for all runs; no limit, no alarm."""

    kept = _limit(0.2, "alarm where less of the verdicts is kept, in all or lately")
    failures = _limit(0.05, "alarm where more of the units failed")
    no_probability = _limit(0.1, "alarm where more of the verdicts have no p(yes)")
    near_duplicates = _limit(0.2, "alarm where more of the intentions are near-duplicates")
    relation = _limit(0.5, "alarm where one relation, of three or more, has more of the kept intentions")
    opening = _limit(0.5, "alarm where more of the intentions begin with the same four words")

    class Meta:
        verbose_name_plural = "alarm limits"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="alarm_limits_once")]

    def __str__(self) -> str:
        return "alarm limits"

    @classmethod
    def now(cls) -> "AlarmLimits":
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class Alarm(models.Model):
    """It is there as long as it is on: when the run is well again its row goes."""

    class Kind(models.TextChoices):
        KEPT = "kept", "Kept share"
        LATELY = "kept_lately", "Kept share lately"
        FAILURES = "failures", "Failures"
        NO_PROBABILITY = "no_probability", "Verdicts without a probability"
        NEAR_DUPLICATES = "near_duplicates", "Near-duplicates"
        RELATION = "relation", "One relation"
        OPENING = "opening", "One opening"

    run = models.ForeignKey(Run, models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=20, choices=Kind)
    share = models.FloatField()
    limit = models.FloatField()
    n = models.PositiveBigIntegerField(help_text="what the share is of")
    what = models.CharField(max_length=200, blank=True, help_text="which relation or opening")
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "kind"], name="alarm_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {percent(self.share)}"

    @property
    def words(self) -> str:
        share, limit = percent(self.share), f"{100 * self.limit:g} %"
        return {
            "kept": f"Kept share under {limit}: {share} of {self.n:,} verdicts.",
            "kept_lately": f"The filter lately rejects nearly all: {share} yes of the last {self.n:,} verdicts.",
            "failures": f"Failures over {limit}: {share} of {self.n:,} units.",
            "no_probability": f"Verdicts without a probability over {limit}: {share} of {self.n:,}.",
            "near_duplicates": f"Near-duplicates over {limit}: {share} of {self.n:,} intentions.",
            "relation": f"One relation over {limit}: “{self.what}” has {share} of {self.n:,} kept intentions.",
            "opening": f"One opening over {limit}: “{self.what}” begins {share} of {self.n:,} intentions.",
        }[self.kind]
