"""What the LVLM said: intentions, verdicts, failures, and who has seen verdicts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.kept import is_kept, kept_q
from distillation.models.catalog import CoBuy, Product
from distillation.models.runs import Run
from distillation.pipeline.relations import RELATIONS


class IntentionQuerySet(models.QuerySet):
    def for_page(self) -> "IntentionQuerySet":
        return self.select_related("run", "verdict", "cobuy__a__picture", "cobuy__b__picture")

    def kept(self, strictness: float) -> "IntentionQuerySet":
        return self.filter(kept_q(strictness, prefix="verdict__"))

    def kept_of(self, run: Run) -> "IntentionQuerySet":
        """At its present strictness; all, where no filter was asked."""
        return self.filter(run=run).kept(run.strictness) if run.is_filtered else self.filter(run=run)


class Intention(models.Model):
    """One answer to: why would somebody buy both, under this relation?

    The table has a further column, `search`, that a trigger fills (migration 0019). It is no field: as large as the
    text, it would come with every read of an intention. knowledge.search asks for it.
    """

    BLOCK = 8192  # ids that share a block in `search`; the trigger has the same number

    run = models.ForeignKey(Run, models.CASCADE, related_name="intentions")
    cobuy = models.ForeignKey(CoBuy, models.PROTECT, related_name="intentions")
    relation = models.CharField(max_length=20, help_text="a code of pipeline.relations")
    sample = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    raw_reply = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    objects = IntentionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "cobuy", "relation", "sample"], name="intention_once")]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def relation_words(self) -> str:
        return RELATIONS[self.relation].words


class VerdictQuerySet(models.QuerySet):
    def kept(self, strictness: float) -> "VerdictQuerySet":
        """Servers without log-probabilities give no p_yes; there the plain yes or no decides."""
        return self.filter(kept_q(strictness))


class Verdict(models.Model):
    """The role-aware filter's answer on an intention."""

    intention = models.OneToOneField(Intention, models.CASCADE, primary_key=True)
    yes = models.BooleanField()
    p_yes = models.FloatField(null=True, help_text="probability of yes; null where the server gives none")
    reason = models.TextField()
    raw_reply = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    objects = VerdictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(p_yes__isnull=True) | Q(p_yes__gte=0, p_yes__lte=1), name="verdict_p_yes_in_range"
            )
        ]

    def __str__(self) -> str:
        return "yes" if self.yes else "no"

    def kept(self, strictness: float) -> bool:
        return is_kept(self.p_yes, strictness, self.yes)


class Failure(models.Model):
    """A unit of a run that ended without a result, and why."""

    class Step(models.TextChoices):
        FEATURE = "feature", "feature"
        INTENTION = "intention", "intention"
        VERDICT = "verdict", "verdict"

    run = models.ForeignKey(Run, models.CASCADE, related_name="failures")
    step = models.CharField(max_length=10, choices=Step)
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+")
    cobuy = models.ForeignKey(CoBuy, models.CASCADE, null=True, related_name="+")
    relation = models.CharField(max_length=20, blank=True)
    sample = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=1000)
    raw_reply = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "cobuy", "relation", "sample", "product"], name="failure_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(step="feature", product__isnull=False, cobuy__isnull=True)
                | Q(step__in=["intention", "verdict"], product__isnull=True, cobuy__isnull=False),
                name="failure_names_its_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.reason}"


class Exposure(models.Model):
    """Somebody was shown verdicts of a run, on a page, through the API or in a file: their eyes are not blind to it.

    What annotators are shown after their own ratings stands with the judgment.
    """

    class Where(models.TextChoices):
        PAGE = "page", "a page"
        API = "api", "the API"
        FILE = "file", "a file"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exposures")
    run = models.ForeignKey(Run, models.CASCADE, related_name="exposures")
    where = models.CharField(max_length=4, choices=Where, help_text="where it was first")
    first_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "run"], name="exposure_once")]

    def __str__(self) -> str:
        return f"{self.user_id} saw verdicts of run {self.run_id}"
