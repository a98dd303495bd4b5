"""Catalog and pipeline: what was bought together, and what the LVLM said of it."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from common.kept import STRICTNESS, is_kept, kept_q
from distillation.pipeline.relations import RELATIONS

WORKER_GONE_SECONDS = 9


class Picture(models.Model):
    """A stored JPEG, addressed by its content; the same bytes are stored once."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the stored JPEG, hex")
    width = models.PositiveSmallIntegerField(help_text="pixels")
    height = models.PositiveSmallIntegerField(help_text="pixels")
    size = models.PositiveIntegerField(help_text="bytes")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.digest[:12]

    @property
    def name(self) -> str:
        return f"pictures/{self.digest[:2]}/{self.digest}.jpg"

    @property
    def thumbnail_name(self) -> str:
        return f"pictures/{self.digest[:2]}/{self.digest}-thumb.jpg"


class PictureSource(models.Model):
    """An address that a picture is to be had from; the same address is fetched once, for however many products."""

    class State(models.TextChoices):
        WANTED = "wanted", "wanted"
        STORED = "stored", "stored"
        FAILED = "failed", "failed"

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the URL, hex")
    url = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WANTED)
    reason = models.CharField(max_length=300, blank=True, help_text="why the last try failed")
    picture = models.ForeignKey(Picture, models.PROTECT, null=True, blank=True, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now(), help_text="when the next try is due, or a claim runs out")

    class Meta:
        indexes = [models.Index(fields=["not_before"], condition=Q(state="wanted"), name="picture_source_due")]

    def __str__(self) -> str:
        return self.url[:80]


class Product(models.Model):
    asin = models.CharField("ASIN", max_length=32, unique=True)
    title = models.TextField()
    category = models.CharField(max_length=200, blank=True)
    picture = models.ForeignKey(Picture, models.PROTECT, null=True, blank=True, related_name="products")
    picture_problem = models.CharField(
        max_length=300, blank=True, help_text="why there is no usable picture; empty if there is one"
    )
    picture_source = models.ForeignKey(PictureSource, models.SET_NULL, null=True, blank=True, related_name="products")
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True, help_text="US dollars")

    class Meta:
        indexes = [
            GinIndex(SearchVector("title", config="english"), name="product_title_words"),
            models.Index(fields=["category", "id"], name="product_by_category"),
            # With the source, so that those whose picture is wanted are told from the others without the table.
            models.Index(
                fields=["id"],
                include=["picture_source"],
                condition=Q(picture__isnull=True),
                name="product_without_picture",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asin} {self.title[:60]}"


class CoBuyQuerySet(models.QuerySet):
    def with_pictures(self) -> "CoBuyQuerySet":
        return self.filter(a__picture__isnull=False, b__picture__isnull=False)


class CoBuy(models.Model):
    """An unordered pair of products bought together, stored once: `a` has the smaller id."""

    # Co-buys come by the million, each out of a join with the products: a trigger for each row that looks both up again
    # would cost more than all the rest of an import. `a` has its index in the unique constraint.
    a = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    b = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False)

    objects = CoBuyQuerySet.as_manager()

    class Meta:
        verbose_name = "co-buy"
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="cobuy_once"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="cobuy_unordered"),
        ]

    def __str__(self) -> str:
        return f"{self.a_id} + {self.b_id}"


class CatalogImport(models.Model):
    """One import of catalog files: what was asked, how far it is, and what became of every line and candidate."""

    class State(models.TextChoices):
        READING = "reading", "reading"
        WRITING = "writing", "writing"
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    key = models.CharField(max_length=64, db_index=True, help_text="SHA-256 over files and options: who resumes what")
    format = models.CharField(max_length=20)
    sources = models.JSONField(help_text="file names and sizes")
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    message = models.CharField(max_length=1000, blank=True)
    progress = models.JSONField(default=dict, help_text="how far each file has been read")
    account = models.JSONField(default=dict, help_text="counts by named reason; they add up")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"import {self.pk} ({self.format})"


class OwedIndex(models.Model):
    """An index that a large import has set aside: to be made when the tables are complete, by whoever comes first."""

    definition = models.TextField(unique=True)

    class Meta:
        verbose_name_plural = "owed indexes"

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.definition.split(" IF NOT EXISTS ")[1].split()[0]


class RunQuerySet(models.QuerySet):
    def owing(self) -> "RunQuerySet":
        """Runs that should go on and that no worker has in hand."""
        owed = RunCoBuy.objects.filter(run=OuterRef("pk"), n_owed__gt=0)
        in_hand = owed.filter(claimed_until__gt=Now())
        return self.filter(Exists(owed), ~Exists(in_hand), state=Run.State.RUNNING)


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
    prices = models.JSONField(
        default=dict, blank=True, help_text="dollars per million tokens: prompt, cached, completion; empty if unknown"
    )
    strictness = models.FloatField(default=STRICTNESS, help_text="an intention is kept from this p_yes on")
    state = models.CharField(max_length=20, choices=State, default=State.RUNNING)
    message = models.CharField(max_length=500, blank=True, help_text="why it waits, if it does")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_baseline(self) -> bool:
        return self.backend == "baseline"

    @property
    def units_per_cobuy(self) -> int:
        """Intentions that a co-buy owes: relations x samples."""
        return len(self.config["relations"]) * self.config["samples"]


class Feature(models.Model):
    """What step 1 says of one product; shared by all runs that would ask the same question."""

    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 over all that the answer depends on")
    product = models.ForeignKey(Product, models.CASCADE, related_name="features")
    text = models.TextField()
    raw_reply = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.text[:80]


class RunProduct(models.Model):
    """A product that takes part in a run, and the feature the run uses for it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="products")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    feature = models.ForeignKey(Feature, models.PROTECT, null=True, related_name="+")
    from_cache = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "product"], name="run_product_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.product_id}"


class RunCoBuy(models.Model):
    """A co-buy's place in a run: how many of its intentions have not ended yet, and which worker has it in hand."""

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


class IntentionQuerySet(models.QuerySet):
    def for_page(self) -> "IntentionQuerySet":
        return self.select_related("run", "verdict", "cobuy__a__picture", "cobuy__b__picture")


class Intention(models.Model):
    """One answer to: why would somebody buy both, under this relation?

    The table has a further column, `search`, that a trigger fills (migration 0005). It is no field: as large as the
    text, it would come with every read of an intention. annotation.knowledge_search asks for it.
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


class RunTick(models.Model):
    """What a run did in ten seconds: added up while it is written, so that days of it can be plotted."""

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


class WorkerQuerySet(models.QuerySet):
    def alive(self) -> "WorkerQuerySet":
        return self.filter(seen_at__gt=Now() - timedelta(seconds=WORKER_GONE_SECONDS))


class Worker(models.Model):
    """A Celery worker that has shown itself; it does so every few seconds."""

    name = models.CharField(max_length=200, unique=True)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


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
