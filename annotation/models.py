"""Studies: which intentions are judged, by whom, and what was said."""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from accounts.models import User
from annotation.protocol_fields import PROTOCOL_FIELDS
from annotation.scales import Question, questions_from_json
from distillation.models import Intention, Run


class StudyQuerySet(models.QuerySet):
    def for_list(self) -> "StudyQuerySet":
        return self.prefetch_related("runs").annotate(
            wanted=models.Sum("items__overlap", default=0), judged=models.Sum("items__n_judged", default=0)
        )

    def for_annotator(self, annotator: User) -> "StudyQuerySet":
        """Studies that this person may judge in: those of their groups, and those that name none."""
        mine = Q(groups__isnull=True) | Q(groups__in=annotator.groups.all())
        return self.filter(mine, simulated=False).distinct().order_by("-created_at")


class Study(models.Model):
    """A sample of intentions to be judged under a protocol."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        PAUSED = "paused", "paused"
        CLOSED = "closed", "closed"

    class Order(models.TextChoices):
        BLOCKS = "blocks", "block by block, each finished before the next"
        BREADTH = "breadth", "the least judged item first"
        DEPTH = "depth", "items that others have begun first"

    name = models.CharField(max_length=100, unique=True)
    runs = models.ManyToManyField(Run, related_name="studies")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    overlap = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["overlap"].for_model)
    strata = models.JSONField(default=list, help_text="what the sample was stratified by")
    seed = models.BigIntegerField(default=0)
    paired = models.BooleanField(default=False, help_text="each run gave the same co-buys and relations, to compare")
    preset = models.CharField(max_length=20, default="mind")
    scales = models.JSONField(help_text="the questions with their wording, as asked")
    typicality_after_yes = models.BooleanField(
        default=False, help_text="ask for typicality only where the intention was found plausible"
    )
    guidelines = models.TextField(blank=True, help_text="Markdown, with examples")
    audit_share = models.FloatField(**PROTOCOL_FIELDS["audit_share"].for_model)
    order = models.CharField(max_length=10, choices=Order, default=Order.BLOCKS)
    qualification_items = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["qualification_items"].for_model)
    qualification_pass = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["qualification_pass"].for_model)
    qualification_tries = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["qualification_tries"].for_model)
    repeat_share = models.FloatField(**PROTOCOL_FIELDS["repeat_share"].for_model)
    repeat_distance = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["repeat_distance"].for_model)
    groups = models.ManyToManyField(
        "auth.Group", blank=True, related_name="studies", help_text="who may judge; none: every annotator"
    )
    rules = models.JSONField(default=dict, blank=True, help_text="what pauses an annotator: its rules and their bounds")
    version = models.PositiveSmallIntegerField(default=1, help_text="of the protocol; grows with each change of it")
    n_items = models.PositiveIntegerField(default=0, help_text="sampled items; gold items not counted")
    lease_minutes = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["lease_minutes"].for_model)
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


class ItemQuerySet(models.QuerySet):
    def sampled(self) -> "ItemQuerySet":
        """What figures speak of: gold items are there to learn from."""
        return self.filter(gold__isnull=True)


class StudyVersion(models.Model):
    """The protocol as it stood: written when it changes after the first judgment."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    protocol = models.JSONField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="study_version_once")]

    def __str__(self) -> str:
        return f"{self.study_id} version {self.number}"


class Item(models.Model):
    """One sampled intention. `taken` counts judgments and leases together; the quota is the check below."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="items")
    intention = models.ForeignKey(Intention, models.PROTECT, related_name="items")
    stratum = models.CharField(max_length=100, blank=True)
    inclusion_probability = models.FloatField()
    order_key = models.IntegerField(help_text="random place in the order of allocation")
    block_no = models.IntegerField(default=0, db_default=0, help_text="finished before the next; 0 in other orders")
    overlap = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    n_judged = models.PositiveSmallIntegerField(default=0)
    gold = models.JSONField(
        null=True, blank=True, help_text="the known answer: plausibility, typicality or null, explanation"
    )
    # What figures are grouped by, as it was when the item was drawn: no figure then reads more than the study's items.
    run = models.ForeignKey(Run, models.PROTECT, related_name="+", db_index=False)
    relation = models.CharField(max_length=20)
    category = models.CharField(max_length=60, help_text="of both products; two categories are joined by +")
    filter_yes = models.BooleanField(null=True, help_text="the filter's plain answer; null where no filter was asked")
    p_yes = models.FloatField(null=True)
    # Written in the statement that writes the judgment, see stats.packing.
    plausibility_tally = models.BigIntegerField(default=0, db_default=0)
    typicality_tally = models.BigIntegerField(default=0, db_default=0)
    judged_at = models.DateTimeField(null=True, blank=True, help_text="the latest judgment that counts")

    objects = ItemQuerySet.as_manager()

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
            models.Index(
                fields=["study", "block_no", "taken", "order_key"],
                condition=Q(taken__lt=F("overlap"), gold__isnull=True),
                name="item_free",
            ),
            models.Index(fields=["study", "order_key"], condition=Q(gold__isnull=False), name="item_gold"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"


class Participant(models.Model):
    """An annotator in a study. Its row is the mutex for two tabs and double clicks."""

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused by a rule or a researcher"
        UNQUALIFIED = "unqualified", "not qualified"
        EXCLUDED = "excluded", "excluded: judgments stay, but do not count"

    study = models.ForeignKey(Study, models.CASCADE, related_name="participants")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="participations")
    pseudonym = models.CharField(max_length=20, help_text="stands for the annotator in exports")
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    state_reason = models.CharField(max_length=300, blank=True)
    qualified_at = models.DateTimeField(null=True, blank=True)
    n_tries = models.PositiveSmallIntegerField(default=0, help_text="failed tries at the qualification")
    n_judged = models.PositiveIntegerField(default=0, help_text="items judged; gold and repeats not counted")
    n_skipped = models.PositiveIntegerField(default=0)
    n_audited = models.PositiveIntegerField(default=0, help_text="audits of counting judgments")
    n_filter_right = models.PositiveIntegerField(default=0, help_text="of them those that say right")
    seconds = models.FloatField(default=0, help_text="active time on all judgments")
    revision = models.PositiveIntegerField(default=0, help_text="counts judgments and audits; figures are keyed by it")
    judged_elsewhere = True  # in other studies, whose verdicts may speak of the same intentions
    study_judged: int | None = None  # all judgments of the study, where allocation has just read them
    # Where the last search for an item ended, so that the next need not pass the annotator's own work again.
    cursor_block = models.IntegerField(default=-1, db_default=-1)
    cursor_taken = models.SmallIntegerField(default=-1)
    cursor_key = models.IntegerField(default=-1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "annotator"], name="participant_once"),
            models.UniqueConstraint(fields=["study", "pseudonym"], name="pseudonym_once"),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class Kind(models.TextChoices):
    """Why an item is shown: only the first kind counts towards the quota and into the figures."""

    ITEM = "item", "item"
    GOLD = "gold", "gold"
    REPEAT = "repeat", "repeat"


class Lease(models.Model):
    """A timed reservation of an item for one annotator."""

    participant = models.OneToOneField(Participant, models.CASCADE, primary_key=True)
    item = models.ForeignKey(Item, models.CASCADE, related_name="leases")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.ITEM)
    a_on_left = models.BooleanField(help_text="which of the co-buy's products is shown on the left")
    started_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.participant_id}: item {self.item_id}"


class JudgmentQuerySet(models.QuerySet):
    def counting(self, *, with_excluded: bool = False) -> "JudgmentQuerySet":
        """What quota and figures count: first judgments of sampled items, by annotators who are not excluded."""
        first = self.filter(kind=Kind.ITEM)
        return first if with_excluded else first.exclude(participant__state=Participant.State.EXCLUDED)

    def to_audit(self) -> "JudgmentQuerySet":
        return self.filter(filter_right__isnull=True, audit_asked=True)


class Judgment(models.Model):
    """One annotator's ratings of one item, frozen when saved, and the audit that follows the reveal."""

    class AuditReason(models.TextChoices):
        """Which part of the customer's role the filter misjudged."""

        PRODUCTS = "products", _("The products")
        NEED = "need", _("The customer's need")
        RELATION = "relation", _("The relation")
        REASON = "reason", _("Reason against verdict")
        OTHER = "other", _("Something else")

    item = models.ForeignKey(Item, models.CASCADE, related_name="judgments")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="judgments", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.ITEM)
    submission = models.UUIDField(unique=True, help_text="made with the form; a repeated submit is the same judgment")
    plausibility = models.SmallIntegerField()
    typicality = models.SmallIntegerField(null=True, blank=True)
    a_on_left = models.BooleanField()
    seconds = models.FloatField(help_text="from the item's being shown to its being saved")
    active_seconds = models.FloatField(default=0, help_text="of these, with the page in front and in use")
    comment = models.TextField(blank=True)
    version = models.PositiveSmallIntegerField(default=1, help_text="of the study's protocol")
    audit_asked = models.BooleanField(default=True, help_text="whether the verdict is revealed and the audit asked")
    created_at = models.DateTimeField(db_default=Now())
    tally = models.BigIntegerField(
        null=True, blank=True, help_text="the item's plausibility tally with this judgment; null where it doesn't count"
    )
    filter_right = models.BooleanField(null=True, blank=True, help_text="the audit; empty until answered")
    audit_reason = models.CharField(max_length=12, choices=AuditReason, blank=True)
    audited_at = models.DateTimeField(null=True, blank=True)

    objects = JudgmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "participant"], condition=Q(kind="item"), name="judgment_once"),
            models.CheckConstraint(
                condition=Q(filter_right__isnull=True, audited_at__isnull=True)
                | Q(filter_right__isnull=False, audited_at__isnull=False),
                name="judgment_audit_is_dated",
            ),
        ]
        indexes = [
            models.Index(
                fields=["participant"],
                condition=Q(filter_right__isnull=True, audit_asked=True),
                name="judgment_unaudited",
            ),
            models.Index(fields=["participant", "id"], name="judgment_own"),
        ]

    def __str__(self) -> str:
        return f"judgment {self.pk}"


class JudgmentRevision(models.Model):
    """A later change of one's own ratings. After the reveal the blind ratings go on counting; this stands beside."""

    judgment = models.ForeignKey(Judgment, models.CASCADE, related_name="revisions")
    submission = models.UUIDField(unique=True)
    plausibility = models.SmallIntegerField()
    typicality = models.SmallIntegerField(null=True, blank=True)
    before = models.JSONField(help_text="the ratings that it changed")
    after_reveal = models.BooleanField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"revision of judgment {self.judgment_id}"


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


class ExportRecord(models.Model):
    """Judgments that left. Without `finished_at` the reader went away before the last byte, or the export failed."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="exports")
    format = models.CharField(max_length=20)
    options = models.JSONField(default=dict, help_text="which rows and cells were asked for")
    study_version = models.PositiveSmallIntegerField(help_text="of the study's protocol")
    software_version = models.CharField(max_length=40)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    snapshot_at = models.DateTimeField(null=True, blank=True, help_text="the moment that all rows are of")
    rows = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"export {self.pk} of study {self.study_id}"
