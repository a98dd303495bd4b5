"""Whether a run's intentions predict purchases: a row a design and a kind of wrong partners, under one name."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from common.lists import ArchiveQuerySet
from distillation.models import Run
from research.ranking.designs import DESIGNS


class PurchaseTestQuerySet(ArchiveQuerySet["PurchaseTest"]):
    def for_list(self) -> "PurchaseTestQuerySet":
        return self.select_related("run").order_by("-pk")

    def of_name(self, name: str) -> "PurchaseTestQuerySet":
        """In the order of their worth."""
        worth = models.Case(*(models.When(design=design, then=place) for place, design in enumerate(DESIGNS)))
        return self.filter(name=name).select_related("run").alias(worth=worth).order_by("worth", "negatives")


class PurchaseTest(models.Model):
    class Design(models.TextChoices):
        TRANSFER = "transfer", "Transfer"
        ONE_SIDED = "one-sided", "One-sided"
        NAIVE = "naive", "Naive"

    class Negatives(models.TextChoices):
        RANDOM = "random", "at random"
        CATEGORY = "category", "from the same category"

    name = models.CharField(
        max_length=100,
        validators=[RegexValidator(r"^(?!\.+\Z)[\w.-]+\Z", "Use letters, digits, dots, hyphens and underscores.")],
    )
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    until = models.DateField(help_text="purchases after this day are to be predicted")
    design = models.CharField(max_length=10, choices=Design)
    negatives = models.CharField(max_length=10, choices=Negatives)
    config = models.JSONField(help_text="seed, strictness, release of the model, versions")
    results = models.JSONField(help_text="figures by ranker, what was left out, the leak")
    created_at = models.DateTimeField(db_default=Now())
    archived_at = models.DateTimeField(null=True, blank=True, help_text="out of the list; nothing else changes")

    objects = PurchaseTestQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "design", "negatives"], name="purchase_test_once")]

    def __str__(self) -> str:
        return f"{self.name}: {self.design}, {self.negatives}"

    @property
    def is_leaky(self) -> bool:
        return self.design == self.Design.NAIVE

    @property
    def is_simulated(self) -> bool:
        """Somebody made the purchases up; the run is what it is."""
        return bool(self.config.get("simulated"))
