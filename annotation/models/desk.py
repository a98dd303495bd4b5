"""What researchers ask for beside the sample: items sent back, assigned, adjudicated; changes of a study at work."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from annotation.models.items import Item
from annotation.models.judgments import Judgment
from annotation.models.studies import Study


class SentBack(models.Model):
    """A judgment that its annotator is asked to look at once more, with a word."""

    judgment = models.ForeignKey(Judgment, models.CASCADE, related_name="sent_back")
    word = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True, blank=True, help_text="when it was revised, or left as it was")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judgment"], condition=Q(answered_at=None), name="sent_back_once")
        ]

    def __str__(self) -> str:
        return f"judgment {self.judgment_id}, sent back"


class Assignment(models.Model):
    """Who may have an item that is assigned: a person, or a group."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="assignments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "person", "group"], nulls_distinct=False, name="assignment_once"),
            models.CheckConstraint(
                condition=Q(person=None, group__isnull=False) | Q(person__isnull=False, group=None),
                name="assignment_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"item {self.item_id}, assigned"


class AdjudicationQuerySet(models.QuerySet):
    def counting(self, *, with_seen: bool = False) -> "AdjudicationQuerySet":
        """What is taken as the truth: the answers of those who had not seen verdicts, unless asked for."""
        return self if with_seen else self.filter(had_seen="")

    def marked(self) -> "AdjudicationQuerySet":
        return self.exclude(had_seen="")


class Adjudication(models.Model):
    """A named adjudicator's answer on an item over which people are split. It is no judgment: it counts nowhere but
    where it is chosen as the truth."""

    item = models.OneToOneField(Item, models.CASCADE, primary_key=True, related_name="adjudication")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    plausibility = models.SmallIntegerField()
    typicality = models.SmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True)
    had_seen = models.CharField(
        max_length=4, blank=True, default="", db_default="", help_text="where the verdict was seen before, or could be"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = AdjudicationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"adjudication of item {self.item_id}"


class StudyChange(models.Model):
    """What was asked for after a study was drawn. Beside a plan fixed before, it is a deviation."""

    class Kind(models.TextChoices):
        REOPENED = "reopened", "reopened after it was closed"
        ITEMS = "items", "items added"
        OVERLAP = "overlap", "overlap raised"
        DEADLINE = "deadline", "deadline set"

    study = models.ForeignKey(Study, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    before = models.CharField(max_length=40, blank=True)
    now = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.before} {self.now}".strip()
