"""What a study set out to find, fixed before its first judgment."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from annotation.models.studies import Study


class StudyPlan(models.Model):
    """Written before the first judgment and never after, so that a reader can tell a plan from a finding."""

    class Figure(models.TextChoices):
        PLAUSIBILITY = "plausibility", "the share that is plausible"
        TYPICALITY = "typicality", "the share that is typical"
        ACCURACY = "accuracy", "the filter's accuracy"
        PRECISION = "precision", "the filter's precision"
        RECALL = "recall", "the filter's recall"

    study = models.OneToOneField(Study, models.CASCADE, primary_key=True, related_name="plan")
    figure = models.CharField(max_length=12, choices=Figure, help_text="the one that the study is for")
    items = models.PositiveIntegerField(help_text="so many are to be judged")
    half_width = models.FloatField(null=True, blank=True, help_text="wanted, as a share; 0.02 are 2 points")
    fixed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    fixed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(items__gt=0), name="plan_of_some_items"),
            models.CheckConstraint(
                condition=Q(half_width__isnull=True) | Q(half_width__gt=0, half_width__lt=0.5),
                name="plan_width_possible",
            ),
        ]

    def __str__(self) -> str:
        wanted = f", or until ± {100 * self.half_width:g} points" if self.half_width else ""
        return f"{self.get_figure_display()}, on {self.items:,} items{wanted}"
