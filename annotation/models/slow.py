from django.db import models

from annotation.models.studies import Study


class SlowFigure(models.Model):
    """Figures that take too long for a page, as a worker last made them."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="slow_figures")
    name = models.CharField(max_length=20)
    choice = models.CharField(max_length=300, blank=True, help_text="of judgments, as in an address")
    numbers = models.JSONField(default=dict, help_text="figures by name")
    revision = models.CharField(max_length=300, blank=True, help_text="of the judgments that they count")
    made_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="when a worker was last asked for them")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "name", "choice"], name="slow_figure_once")]

    def __str__(self) -> str:
        return f"{self.name} of study {self.study_id}"
