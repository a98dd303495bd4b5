"""Studies: which intentions are judged, by whom, and what was said."""

from functools import cached_property

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from annotation.scales import Question, questions_from_json
from distillation.models import Intention, Run


class StudyQuerySet(models.QuerySet):
    def for_list(self) -> "StudyQuerySet":
        return self.prefetch_related("runs").annotate(
            wanted=models.Sum("items__overlap", default=0), judged=models.Sum("items__n_judged", default=0)
        )

    def for_annotator(self) -> "StudyQuerySet":
        return self.exclude(simulated=True).order_by("-created_at")


class Study(models.Model):
    """A sample of intentions to be judged under a protocol."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        PAUSED = "paused", "paused"
        CLOSED = "closed", "closed"

    name = models.CharField(max_length=100, unique=True)
    runs = models.ManyToManyField(Run, related_name="studies")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    overlap = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(100)], help_text="judgments wanted an item"
    )
    strata = models.JSONField(default=list, help_text="what the sample was stratified by")
    seed = models.BigIntegerField(default=0)
    preset = models.CharField(max_length=20, default="mind")
    scales = models.JSONField(help_text="the questions with their wording, as asked")
    typicality_after_yes = models.BooleanField(
        default=False, help_text="ask for typicality only where the intention was found plausible"
    )
    lease_minutes = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1)])
    simulated = models.BooleanField(default=False, help_text="judged by a program, to show the pages")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.name

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return questions_from_json(self.scales)


class Item(models.Model):
    """One sampled intention. `taken` counts judgments and leases together; the quota is the check below."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="items")
    intention = models.ForeignKey(Intention, models.PROTECT, related_name="items")
    stratum = models.CharField(max_length=100, blank=True)
    inclusion_probability = models.FloatField()
    order_key = models.IntegerField(help_text="random place in the order of allocation")
    overlap = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    n_judged = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "intention"], name="item_once"),
            models.CheckConstraint(
                condition=Q(n_judged__lte=F("taken"), taken__lte=F("overlap")), name="item_within_quota"
            ),
            models.CheckConstraint(
                condition=Q(inclusion_probability__gt=0, inclusion_probability__lte=1), name="item_could_be_drawn"
            ),
        ]
        indexes = [
            models.Index(fields=["study", "taken", "order_key"], condition=Q(taken__lt=F("overlap")), name="item_free")
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"


class Participant(models.Model):
    """An annotator in a study. Its row is the mutex for two tabs and double clicks."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="participants")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="participations")
    pseudonym = models.CharField(max_length=20, help_text="stands for the annotator in exports")
    n_judged = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0, help_text="counts judgments and audits; figures are keyed by it")
    # Where the last search for an item ended, so that the next need not pass the annotator's own work again.
    cursor_taken = models.SmallIntegerField(default=-1)
    cursor_key = models.IntegerField(default=-1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "annotator"], name="participant_once"),
            models.UniqueConstraint(fields=["study", "pseudonym"], name="pseudonym_once"),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class Lease(models.Model):
    """A timed reservation of an item for one annotator."""

    participant = models.OneToOneField(Participant, models.CASCADE, primary_key=True)
    item = models.ForeignKey(Item, models.CASCADE, related_name="leases")
    a_on_left = models.BooleanField(help_text="which of the co-buy's products is shown on the left")
    started_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.participant_id}: item {self.item_id}"


class Judgment(models.Model):
    """One annotator's ratings of one item, frozen when saved, and the audit that follows the reveal."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="judgments")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="judgments")
    submission = models.UUIDField(unique=True, help_text="made with the form; a repeated submit is the same judgment")
    plausibility = models.SmallIntegerField()
    typicality = models.SmallIntegerField(null=True, blank=True)
    a_on_left = models.BooleanField()
    seconds = models.FloatField(help_text="from the item's being shown to its being saved")
    created_at = models.DateTimeField(db_default=Now())
    filter_right = models.BooleanField(null=True, blank=True, help_text="the audit; empty until answered")
    audited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "participant"], name="judgment_once"),
            models.CheckConstraint(
                condition=Q(filter_right__isnull=True, audited_at__isnull=True)
                | Q(filter_right__isnull=False, audited_at__isnull=False),
                name="judgment_audit_is_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["participant"], condition=Q(filter_right__isnull=True), name="judgment_unaudited")
        ]

    def __str__(self) -> str:
        return f"judgment {self.pk}"


class Skip(models.Model):
    """An item that an annotator could not judge; it goes to others, not to the same annotator again."""

    class Reason(models.TextChoices):
        PICTURE = "picture", "picture missing"
        UNREADABLE = "unreadable", "text unreadable"
        OFFENSIVE = "offensive", "offensive"
        CANNOT_TELL = "cannot_tell", "cannot tell"

    item = models.ForeignKey(Item, models.CASCADE, related_name="skips")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="skips")
    reason = models.CharField(max_length=20, choices=Reason)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "participant"], name="skip_once")]

    def __str__(self) -> str:
        return f"item {self.item_id}: {self.reason}"
