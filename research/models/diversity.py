"""What is kept of how varied a run's intentions are."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from distillation.models import Intention, Run


class DiversityQuerySet(models.QuerySet):
    def owed(self) -> "DiversityQuerySet":
        """Asked for, and in nobody's hands."""
        free = Q(claimed_until=None) | Q(claimed_until__lt=Now())
        return self.filter(free, state=Diversity.State.WANTED)


class Diversity(models.Model):
    """One computation for a run; asked for again, it replaces the figures when it is done."""

    class State(models.TextChoices):
        WANTED = "wanted", "being computed"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    run = models.OneToOneField(Run, models.CASCADE, related_name="diversity")
    state = models.CharField(max_length=10, choices=State, default=State.WANTED)
    embed = models.PositiveIntegerField(default=0, help_text="of how many intentions vectors are wanted")
    doing = models.CharField(max_length=100, blank=True)
    done = models.PositiveIntegerField(default=0, help_text="per cent")
    message = models.CharField(max_length=500, blank=True, help_text="why it failed, or what is left out")
    claimed_until = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict, help_text="as research.diversity.figures makes them")
    asked_at = models.DateTimeField(db_default=Now())
    computed_at = models.DateTimeField(null=True, blank=True)

    objects = DiversityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "diversities"

    def __str__(self) -> str:
        return f"diversity of run {self.run_id}"


class NearDuplicate(models.Model):
    """An intention that another one of its run is like; a group is named by its first intention."""

    intention = models.OneToOneField(Intention, models.CASCADE, primary_key=True, related_name="near_duplicate")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    group = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["run", "group"], name="near_duplicate_group")]

    def __str__(self) -> str:
        return f"{self.intention_id} in {self.group}"


class Vectors(models.Model):
    """Embeddings of a random sample of a run's intentions."""

    run = models.OneToOneField(Run, models.CASCADE, related_name="vectors")
    model = models.CharField(max_length=100)
    intentions = models.BinaryField(help_text="ids, 64-bit integers in order")
    values = models.BinaryField(help_text="16-bit floats, a row of unit length for each id")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "vectors"

    def __str__(self) -> str:
        return f"vectors of run {self.run_id}"
