from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Now
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accounts.sessions import SessionStore
from common.lists import ArchiveQuerySet


class PersonQuerySet(models.QuerySet):
    def visible_to(self, viewer: "User") -> "PersonQuerySet":
        """Whom this person looks after: a researcher the annotators, an administrator everybody."""
        if viewer.is_administrator:
            return self
        return self.filter(role=User.Role.ANNOTATOR) if viewer.is_researcher else self.none()

    def matching(self, words: str) -> "PersonQuerySet":
        """Each word somewhere in the name, the e-mail address or the crowd platform's id."""
        columns = Concat("username", Value(" "), "email", Value(" "), "crowd_id", output_field=models.TextField())
        return self.alias(found_in=columns).filter(*(Q(found_in__icontains=word) for word in words.split()))


class PersonManager(UserManager.from_queryset(PersonQuerySet)):  # type: ignore[misc]  # a base made at run time
    use_in_migrations = False


class User(AbstractUser):
    class Role(models.TextChoices):
        ANNOTATOR = "annotator", _("annotator")
        RESEARCHER = "researcher", _("researcher")
        ADMINISTRATOR = "administrator", _("administrator")

    role = models.CharField(max_length=20, choices=Role, default=Role.ANNOTATOR)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    crowd_platform = models.CharField(max_length=20, blank=True, editable=False)
    crowd_id = models.CharField(
        max_length=64, blank=True, editable=False, help_text="who this is on the platform; never exported"
    )

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(fields=["crowd_platform", "crowd_id"], condition=~Q(crowd_id=""), name="crowd_once")
        ]

    @property
    def is_administrator(self) -> bool:
        return self.role == self.Role.ADMINISTRATOR or self.is_superuser

    @property
    def is_researcher(self) -> bool:
        """May see verdicts, figures and exports; administrators may too."""
        return self.role == self.Role.RESEARCHER or self.is_administrator

    def save(self, *args, **kwargs) -> None:
        # The admin site asks for these two flags; the role decides them.
        if self.is_superuser:
            self.role = self.Role.ADMINISTRATOR
        self.is_staff = self.is_superuser = self.role == self.Role.ADMINISTRATOR
        has_new_password = bool(self.pk) and self._password is not None  # type: ignore[attr-defined]  # Django's own
        super().save(*args, **kwargs)
        if has_new_password:  # whoever knew the old one may have made tokens with it
            self.api_tokens.filter(revoked_at=None).update(revoked_at=Now())


class Session(AbstractBaseSession):
    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class DeedQuerySet(models.QuerySet):
    def for_list(self) -> "DeedQuerySet":
        return self.select_related("by", "person").order_by("-pk")


class Deed(models.Model):
    """A line of the audit trail: who did what, when. It holds no name of anybody: people are named by their accounts,
    and an erased one leaves the line without."""

    class Kind(models.TextChoices):
        LINK_MADE = "link.made", "made a link"
        LINK_REVOKED = "link.revoked", "revoked a link"
        PERSON_DEACTIVATED = "person.deactivated", "deactivated an account"
        PERSON_REACTIVATED = "person.reactivated", "reactivated an account"
        PERSON_GROUPS = "person.groups", "changed somebody's groups"
        PERSON_PASSWORD = "person.password", "set a password"
        TWO_FACTOR_SET = "two_factor.set", "set up the code at the sign-in"
        TWO_FACTOR_REMOVED = "two_factor.removed", "removed the code at the sign-in"
        PERSON_ERASED = "person.erased", "erased a person"
        ANNOTATOR_PAUSED = "annotator.paused", "paused an annotator"
        ANNOTATOR_RESUMED = "annotator.resumed", "let an annotator go on"
        ANNOTATOR_EXCLUDED = "annotator.excluded", "excluded an annotator"
        JUDGMENTS_EXCLUDED = "judgments.excluded", "excluded judgments"
        JUDGMENTS_INCLUDED = "judgments.included", "took an exclusion of judgments back"
        JUDGMENT_SENT_BACK = "judgment.sent_back", "sent an item back"
        STRICTNESS = "run.strictness", "set a strictness"
        EXPORT = "export", "exported"
        STUDY_STATE = "study.state", "opened, paused or closed a study"
        STUDY_RENAMED = "study.renamed", "renamed a study"
        STUDY_ARCHIVED = "study.archived", "archived a study"
        STUDY_UNARCHIVED = "study.unarchived", "took a study out of the archive"
        STUDY_DELETED = "study.deleted", "deleted a study"
        STUDY_EXTENDED = "study.extended", "asked for more of a study"
        STUDY_ASSIGNED = "study.assigned", "assigned items"
        ADJUDICATOR = "study.adjudicator", "named an adjudicator"
        RENAMED = "renamed", "renamed"
        ARCHIVED = "archived", "archived"
        UNARCHIVED = "unarchived", "took out of the archive"
        DELETED = "deleted", "deleted"

    kind = models.CharField(max_length=30, choices=Kind)
    by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", help_text="empty: a command, or somebody erased"
    )
    person = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    about = models.CharField(max_length=200, blank=True, help_text="the study, run or group, as it was called then")
    details = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(db_default=Now())

    objects = DeedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Erasure(models.Model):
    """That somebody was erased, and how, so that it can be done again where an older backup brings them back. It names
    nobody: who has the backup can tell whom it means, and nobody else."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the account's number and first moment")
    judgments = models.CharField(max_length=10, help_text="keep or remove")
    comments = models.CharField(max_length=10, help_text="keep or remove")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class Identity(models.Model):
    """Who an account is at a provider of single sign-on: by issuer and subject, which never change hands there."""

    person = models.ForeignKey(User, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once")]
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class TwoFactor(models.Model):
    """The secret that an app on somebody's phone has too, and the codes on paper for when it is lost."""

    person = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="two_factor")
    secret = models.CharField(max_length=64)
    step = models.BigIntegerField(default=0, help_text="the half minute of the last code that was taken")
    recovery = models.JSONField(default=list, help_text="keyed digests of the codes on paper that are left")
    failures = models.PositiveIntegerField(default=0, help_text="wrong codes in a row")
    failed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"second factor of {self.person_id}"


class LinkQuerySet(ArchiveQuerySet):
    def visible_to(self, viewer: User) -> "LinkQuerySet":
        """A researcher's own and those of colleagues, but not what lets in researchers."""
        if viewer.is_administrator:
            return self
        annotators = Q(person__isnull=True) | Q(person__role=User.Role.ANNOTATOR)
        return self.filter(annotators, role=User.Role.ANNOTATOR)


class Link(models.Model):
    """A link that lets in whoever has its token; only the token's digest is stored."""

    class Kind(models.TextChoices):
        INVITATION = "invitation", "invitation"
        SIGN_IN = "sign-in", "sign-in, once"
        CROWD = "crowd", "crowd"

    class Signature(models.TextChoices):
        PROLIFIC = "prolific", "Prolific, by its secured URL"
        KEY = "key", "a key that whoever sends people has too"

    kind = models.CharField(max_length=10, choices=Kind)
    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=20, choices=User.Role, default=User.Role.ANNOTATOR)
    person = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="sign_in_links")
    group = models.ForeignKey("auth.Group", models.CASCADE, null=True, blank=True, related_name="links")
    study = models.ForeignKey("annotation.Study", models.CASCADE, null=True, blank=True, related_name="links")
    places = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(10_000)])
    n_used = models.PositiveIntegerField(default=0)
    cap = models.PositiveIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(100_000)], help_text="judgments a person; 0: the study's"
    )
    terms = models.CharField(max_length=500, blank=True, db_default="", help_text="time and pay; empty: the study's")
    signature = models.CharField(
        max_length=10, choices=Signature, blank=True, db_default="", help_text="how the platform signs its workers' ids"
    )
    name = models.CharField(max_length=60, blank=True, db_default="", help_text="what its maker calls it")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, help_text="out of the list; nothing else changes")
    created_by = models.ForeignKey(User, models.CASCADE, related_name="links")
    created_at = models.DateTimeField(db_default=Now())

    objects = LinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(n_used__lte=F("places")), name="link_within_places"),
            models.CheckConstraint(condition=~Q(kind="sign-in") | Q(person__isnull=False), name="link_has_person"),
            models.CheckConstraint(condition=~Q(kind="crowd") | Q(study__isnull=False), name="link_crowd_has_study"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def title(self) -> str:
        return self.name or f"{self.get_kind_display()} {self.pk}"

    @property
    def state(self) -> str:
        if self.revoked_at:
            return "revoked"
        if self.expires_at <= timezone.now():
            return "expired"
        return "used up" if self.n_used >= self.places else "open"
