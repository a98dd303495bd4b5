"""Studies, earlier versions of their protocols, and what was exported of them."""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from annotation.models.protocol_fields import NAME_LENGTH, PROTOCOL_FIELDS, TERMS_LENGTH
from annotation.models.rights import of_their_groups
from annotation.scales import PROPOSED, Question, questions_from_json
from common.counting import of_people_q
from common.lists import ArchiveQuerySet
from distillation.models import Run


class StudyQuerySet(ArchiveQuerySet):
    def for_list(self) -> "StudyQuerySet":
        return self.prefetch_related("runs").annotate(
            wanted=models.Sum("items__overlap", default=0), judged=models.Sum("items__n_judged", default=0)
        )

    def for_figures(self) -> "StudyQuerySet":
        """With all that every figure asks for again: its runs, and whether it has a plan."""
        return self.select_related("plan").prefetch_related("runs")

    def of_ratings(self) -> "StudyQuerySet":
        return self.filter(kind=Study.Kind.RATING)

    def of_preferences(self) -> "StudyQuerySet":
        return self.filter(kind=Study.Kind.PREFERENCE)

    def for_annotator(self, annotator: User) -> "StudyQuerySet":
        """Studies that this person may judge in: those of their groups, and those that name none; not those that they
        joined with another role. A crowd platform's worker has those that a link has let them into."""
        open_to = self.open_to(annotator)
        return open_to.filter(participants__annotator=annotator) if annotator.crowd_id else open_to

    def open_to(self, annotator: User) -> "StudyQuerySet":
        others = [role for role in User.Role.values if role != annotator.role]
        barred = Study.objects.filter(participants__annotator=annotator, participants__role__in=others)
        mine = of_their_groups("pk", user=annotator.pk)
        return (
            self.filter(mine, of_people_q(), archived_at=None)
            .exclude(pk__in=barred.values("pk"))
            .order_by("-created_at")
        )


class Study(models.Model):
    """A sample of intentions, or of pairs of them, to be judged under a protocol."""

    class Kind(models.TextChoices):
        RATING = "rating", "each intention is rated"
        PREFERENCE = "preference", "two intentions for one co-buy and relation are compared"

    class State(models.TextChoices):
        OPEN = "open", "open"
        PAUSED = "paused", "paused"
        CLOSED = "closed", "closed"

    class Order(models.TextChoices):
        BLOCKS = "blocks", "block by block, each finished before the next"
        BREADTH = "breadth", "the least judged item first"
        DEPTH = "depth", "items that others have begun first"

    class Seen(models.TextChoices):
        """What of those who have seen verdicts of the study's runs."""

        MARK = "mark", "may judge; their judgments are marked, and left out of the figures"
        REFUSE = "refuse", "may not judge"

    PROPOSED_ORDER = Order.BLOCKS

    name = models.CharField(max_length=NAME_LENGTH, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.RATING, db_default=Kind.RATING)
    runs = models.ManyToManyField(Run, related_name="studies")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    overlap = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["overlap"].for_model)
    was_raised = models.BooleanField(
        default=False, db_default=False, help_text="the overlap was: items may be complete by an earlier one"
    )
    strata = models.JSONField(default=list, help_text="what the sample was stratified by")
    seed = models.BigIntegerField(default=0)
    catalog = models.JSONField(default=dict, blank=True, help_text="the co-buys that it was drawn from; empty: all")
    paired = models.BooleanField(default=False, help_text="each run gave the same co-buys and relations, to compare")
    preset = models.CharField(max_length=20, default=PROPOSED)
    scales = models.JSONField(help_text="the questions with their wording, as asked")
    typicality_after_yes = models.BooleanField(
        default=False, help_text="ask for typicality only where the intention was found plausible"
    )
    guidelines = models.TextField(blank=True, help_text="Markdown, with examples")
    audit_share = models.FloatField(**PROTOCOL_FIELDS["audit_share"].for_model)
    order = models.CharField(max_length=10, choices=Order, default=PROPOSED_ORDER)
    qualification_items = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["qualification_items"].for_model)
    qualification_pass = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["qualification_pass"].for_model)
    qualification_tries = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["qualification_tries"].for_model)
    repeat_share = models.FloatField(**PROTOCOL_FIELDS["repeat_share"].for_model)
    repeat_distance = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["repeat_distance"].for_model)
    extra_votes = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["extra_votes"].for_model)
    seen = models.CharField(
        max_length=6,
        choices=Seen,
        default=Seen.MARK,
        db_default=Seen.MARK,
        help_text="who has seen verdicts of its runs",
    )
    cap = models.PositiveIntegerField(db_default=0, **PROTOCOL_FIELDS["cap"].for_model)
    terms = models.CharField(
        max_length=TERMS_LENGTH, blank=True, db_default="", help_text="time and pay, told before the first item"
    )
    consent = models.TextField(blank=True, default="", db_default="", help_text="accepted before the first item")
    consent_version = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="of the protocol, in which the consent text last changed; 0: there is none"
    )
    guidelines_version = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="of the protocol, in which the guidelines last changed"
    )
    demographics = models.JSONField(
        default=list, db_default=[], blank=True, help_text="what annotators are asked of themselves, once"
    )
    codes = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="codes or return addresses by kind; else they are generated"
    )
    groups = models.ManyToManyField(
        "auth.Group", blank=True, related_name="studies", help_text="who may judge; none: every annotator"
    )
    rules = models.JSONField(default=dict, blank=True, help_text="what pauses an annotator: its rules and their bounds")
    own_strictness = models.JSONField(
        default=dict, blank=True, help_text="by run, the strictness that was set from the figures of this study"
    )
    version = models.PositiveSmallIntegerField(default=1, help_text="of the protocol; grows with each change of it")
    n_items = models.PositiveIntegerField(default=0, help_text="sampled items; gold items not counted")
    lease_minutes = models.PositiveSmallIntegerField(**PROTOCOL_FIELDS["lease_minutes"].for_model)
    slow_revision = models.PositiveIntegerField(
        default=0, db_default=0, help_text="counts the slow figures made; figures are keyed by it"
    )
    simulated = models.BooleanField(default=False, help_text="judged by a program, to show the pages")
    archived_at = models.DateTimeField(null=True, blank=True, help_text="out of the lists; nothing else changes")
    deadline = models.DateTimeField(null=True, blank=True, help_text="told to annotators; after it nothing is taken")
    reminder = models.CharField(max_length=300, blank=True, default="", db_default="", help_text="a word beside it")
    adjudicator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", help_text="of split items"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    row = ""  # PostgreSQL's xmin of it, where it was read to be judged in

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.name

    @property
    def is_preference(self) -> bool:
        return self.kind == Study.Kind.PREFERENCE

    @property
    def runs_in_order(self) -> list[Run]:
        """Without a query where the study was read `for_figures`."""
        return sorted(self.runs.all(), key=lambda run: run.pk)

    @property
    def set_here(self) -> list[Run]:
        """Runs at the strictness that was set from this study: data that chose are not data that report."""
        runs = self.runs_in_order if self.own_strictness else []
        return [run for run in runs if self.own_strictness.get(str(run.pk)) == run.strictness]

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return questions_from_json(self.scales)


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


class ExportRecord(models.Model):
    """A record of one export of judgments. Without `finished_at` the download was broken off, or the export failed."""

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
