"""Runs: what they ask, what they owe, what they did, and the workers."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from common.kept import STRICTNESS
from common.lists import ArchiveQuerySet
from distillation.models.catalog import CoBuy, Picture, Product

WORKER_GONE_SECONDS = 9


class RunQuerySet(ArchiveQuerySet):
    def owing(self) -> "RunQuerySet":
        """Runs that should go on and that no worker works on."""
        owed = RunCoBuy.objects.filter(run=OuterRef("pk"), n_owed__gt=0)
        in_hand = owed.filter(claimed_until__gt=Now())
        return self.filter(Exists(owed), ~Exists(in_hand), state=Run.State.RUNNING)

    def to_call_off(self) -> "RunQuerySet":
        """Cancelled while batches of theirs were being answered."""
        return self.filter(state=Run.State.CANCELLED, batches__state="sent").distinct()


class Run(models.Model):
    """One pass of the pipeline with a fixed configuration; `strictness` may move, it is applied when reading."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        DONE = "done", "done"
        CANCELLED = "cancelled", "cancelled"

    name = models.CharField(
        max_length=100,
        unique=True,
        validators=[RegexValidator(r"^(?!\.+\Z)[\w.-]+\Z", "Use letters, digits, dots, hyphens and underscores.")],
    )
    backend = models.CharField(max_length=30)
    model = models.CharField(max_length=200, help_text="as the server names it")
    config = models.JSONField(help_text="relations, samples, pictures, prompts, sampling; fixed at the start")
    base_urls = models.JSONField(default=list, blank=True, help_text="model servers; may change while a run goes on")
    any_server = models.BooleanField(
        default=False, db_default=False, help_text="base_urls were given on this machine: LVLM_HOSTS does not bind them"
    )
    servers = models.JSONField(
        default=dict, blank=True, help_text="what was found out of each model server; asked anew where it is empty"
    )
    prices = models.JSONField(
        default=dict, blank=True, help_text="dollars per million tokens: prompt, cached, completion; empty if unknown"
    )
    strictness = models.FloatField(default=STRICTNESS, help_text="an intention is kept from this p_yes on")
    state = models.CharField(max_length=20, choices=State, default=State.RUNNING)
    message = models.CharField(max_length=500, blank=True, help_text="why it waits, if it does")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, help_text="out of the lists; nothing else changes")

    objects = RunQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_baseline(self) -> bool:
        return self.backend == "baseline"

    @property
    def is_imported(self) -> bool:
        """Its intentions were made elsewhere: no call of ours, no prompt and no server."""
        return self.backend == "imported"

    @property
    def is_batched(self) -> bool:
        return self.backend == "batch"

    @property
    def is_filtered(self) -> bool:
        """Else nobody was asked for verdicts, and all its intentions count as kept."""
        return self.config.get("filter") != "none"

    @property
    def units_per_cobuy(self) -> int:
        """Intentions that a co-buy owes: relations x samples."""
        return len(self.config["relations"]) * self.config["samples"]


class FeatureQuerySet(models.QuerySet):
    def in_use(self) -> "FeatureQuerySet":
        """Those that a run to come would find."""
        return self.filter(discarded_at=None)

    def chosen(
        self, *, words: str, run: str, server: str, since: datetime | None, before: datetime | None
    ) -> "FeatureQuerySet":
        """Empty: whatever it is."""
        asked = {"run__name": run, "server__startswith": server, "created_at__gte": since, "created_at__lt": before}
        found = self.filter(**{name: value for name, value in asked.items() if value})
        return found.filter(Q(text__icontains=words) | Q(raw_reply__icontains=words)) if words else found


class Feature(models.Model):
    """What step 1 says of one product; shared by all runs that would ask the same question.

    One that is thrown away stays for the runs that used it, under a key that no question has.
    """

    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 over all that the answer depends on")
    product = models.ForeignKey(Product, models.CASCADE, related_name="features")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+", help_text="which asked for it")
    server = models.CharField(max_length=500, blank=True, help_text="which answered")
    text = models.TextField()
    raw_reply = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    discarded_at = models.DateTimeField(null=True, blank=True)

    objects = FeatureQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text[:80]


class RunProduct(models.Model):
    """A product that takes part in a run, and the feature the run uses for it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="products")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    feature = models.ForeignKey(Feature, models.PROTECT, null=True, related_name="+")
    from_cache = models.BooleanField(default=False)
    shown = models.ForeignKey(
        Picture, models.PROTECT, null=True, related_name="+", help_text="where the run treats pictures"
    )
    shown_problem = models.CharField(
        max_length=300, blank=True, db_default="", help_text="why there is nothing to show"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "product"], name="run_product_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.product_id}"


class RunCoBuy(models.Model):
    """A co-buy in a run: how many of its intentions have not ended yet, and which worker works on it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="cobuys")
    cobuy = models.ForeignKey(CoBuy, models.PROTECT, related_name="+")
    n_owed = models.PositiveSmallIntegerField()
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "co-buy of a run"
        constraints = [models.UniqueConstraint(fields=["run", "cobuy"], name="run_cobuy_once")]
        indexes = [models.Index(fields=["run", "id"], condition=Q(n_owed__gt=0), name="run_cobuy_owed")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.cobuy_id}: {self.n_owed} owed"


class RunTick(models.Model):
    """What a run did in ten seconds, added up while results are written, so that days can be plotted."""

    SECONDS = 10

    run = models.ForeignKey(Run, models.CASCADE, related_name="ticks")
    at = models.DateTimeField(help_text="start of the ten seconds")
    calls = models.PositiveIntegerField(default=0, help_text="requests sent, tries that failed included")
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    cached_tokens = models.PositiveBigIntegerField(default=0, help_text="of the prompt tokens")
    completion_tokens = models.PositiveBigIntegerField(default=0)
    features = models.PositiveIntegerField(default=0)
    intentions = models.PositiveIntegerField(default=0)
    verdicts = models.PositiveIntegerField(default=0)
    yes = models.PositiveIntegerField(default=0, help_text="of the verdicts")
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "at"], name="run_tick_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.at:%H:%M:%S}"


OF_TRAININGS = "train."  # what the name of a worker begins with that takes nothing else


class WorkerQuerySet(models.QuerySet):
    def alive(self) -> "WorkerQuerySet":
        """Those that work on runs."""
        return self._seen().exclude(name__startswith=OF_TRAININGS)

    def of_trainings(self) -> "WorkerQuerySet":
        return self._seen().filter(name__startswith=OF_TRAININGS)

    def _seen(self) -> "WorkerQuerySet":
        gone = timedelta(seconds=WORKER_GONE_SECONDS)
        return self.filter(seen_at__gt=Now() - gone, seen_at__lt=Now() + gone)  # after it: the clock was set back


class Worker(models.Model):
    """A Celery worker that has shown itself; it does so every few seconds."""

    name = models.CharField(max_length=200, unique=True)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
