"""Judgments, audits and revisions."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from accounts.models import User
from annotation.models.items import Item, Kind
from annotation.models.participants import Participant
from annotation.scales import PREFERENCE, Preference
from common.counting import first_q, included_q, seen_q, vote_q


class JudgmentQuerySet(models.QuerySet):
    def counting(self, *, with_excluded: bool = False, with_seen: bool = False) -> "JudgmentQuerySet":
        """What quota and figures count: first judgments of sampled items, by annotators who are not excluded.
        `with_seen`: of those too who had seen verdicts."""
        found = self.filter(first_q() | seen_q()) if with_seen else self.firsts()
        return found if with_excluded else found.filter(included_q("participant__"))

    def votes(self, *, with_excluded: bool = False, with_seen: bool = False) -> "JudgmentQuerySet":
        """What tells of an item's latent truth: what counts, and extra votes."""
        found = self.filter(vote_q() | seen_q()) if with_seen else self.filter(vote_q())
        return found if with_excluded else found.filter(included_q("participant__"))

    def firsts(self) -> "JudgmentQuerySet":
        """Neither of gold items nor repeats."""
        return self.filter(first_q())

    def left_out(self) -> "JudgmentQuerySet":
        return self.filter(kind=Kind.LEFT_OUT)

    def without_picture(self) -> "JudgmentQuerySet":
        """First ones whose page says that a picture could not be shown, or had not come yet."""
        states = ("failed", "late")
        return self.firsts().filter(Q(look__left__picture__in=states) | Q(look__right__picture__in=states))

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
    plausibility = models.SmallIntegerField(null=True, blank=True)
    typicality = models.SmallIntegerField(null=True, blank=True)
    preference = models.PositiveSmallIntegerField(
        null=True, blank=True, choices=[(option.value, option.label) for option in PREFERENCE.options]
    )
    first_left = models.BooleanField(null=True, help_text="of a pair, whether its first intention was on the left")
    a_on_left = models.BooleanField()
    seconds = models.FloatField(help_text="from the item's being shown to its being saved")
    active_seconds = models.FloatField(default=0, help_text="of these, with the page in front and in use")
    look = models.JSONField(null=True, blank=True, help_text="what the page told; see judging.look")
    comment = models.TextField(blank=True)
    version = models.PositiveSmallIntegerField(default=1, help_text="of the study's protocol")
    role = models.CharField(max_length=20, choices=User.Role, default=User.Role.ANNOTATOR, db_default="annotator")
    had_seen = models.CharField(
        max_length=4, blank=True, default="", db_default="", help_text="where verdicts of the runs were seen before"
    )
    audit_asked = models.BooleanField(default=True, help_text="whether the verdict is revealed and the audit asked")
    created_at = models.DateTimeField(db_default=Now())
    tally = models.BigIntegerField(
        null=True, blank=True, help_text="the item's plausibility tally with this judgment; null where it doesn't count"
    )
    filter_right = models.BooleanField(null=True, blank=True, help_text="the audit; empty until answered")
    audit_reason = models.CharField(max_length=12, choices=AuditReason, blank=True)
    audited_at = models.DateTimeField(null=True, blank=True)
    was_kind = models.CharField(
        max_length=6, choices=Kind, blank=True, default="", db_default="", help_text="of what is left out, before"
    )
    left_out_at = models.DateTimeField(null=True, blank=True, help_text="one moment for all that are left out at once")
    shown: tuple | None = None  # what is revealed, where it was read as the judgment was written

    objects = JudgmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "participant"], condition=Q(kind="item"), name="judgment_once"),
            models.UniqueConstraint(fields=["item", "participant"], condition=Q(kind="extra"), name="extra_once"),
            models.UniqueConstraint(fields=["item", "participant"], condition=Q(kind="seen"), name="seen_once"),
            models.CheckConstraint(
                condition=Q(plausibility__isnull=False, preference__isnull=True, first_left__isnull=True)
                | Q(
                    plausibility__isnull=True,
                    typicality__isnull=True,
                    preference__isnull=False,
                    first_left__isnull=False,
                ),
                name="judgment_of_one_kind",
            ),
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
            models.Index(fields=["participant", "item"], condition=Q(kind="repeat"), name="judgment_repeats"),
        ]

    def __str__(self) -> str:
        return f"judgment {self.pk}"

    @property
    def of_first(self) -> Preference | None:
        """The preference with the pair's first intention taken as the left one; None of a rating."""
        if self.preference is None:
            return None
        said = Preference(self.preference)
        return said if self.first_left else said.mirrored


class JudgmentRevision(models.Model):
    """A later change of one's own ratings. After the reveal the blind ratings still count, and it is only recorded."""

    judgment = models.ForeignKey(Judgment, models.CASCADE, related_name="revisions")
    submission = models.UUIDField(unique=True)
    plausibility = models.SmallIntegerField(null=True, blank=True)
    typicality = models.SmallIntegerField(null=True, blank=True)
    preference = models.PositiveSmallIntegerField(null=True, blank=True)
    before = models.JSONField(help_text="the ratings that it changed")
    after_reveal = models.BooleanField()
    sent_back = models.BooleanField(default=False, db_default=False, help_text="a researcher had asked for it")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"revision of judgment {self.judgment_id}"
