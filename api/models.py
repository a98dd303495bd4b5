"""Tokens of programs, and answers to requests that may be repeated."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accounts.models import User


class Scope(models.TextChoices):
    """What a token may be used for; its owner's role is asked as well, at each request."""

    READ = "read", _("read what its owner may see")
    JUDGE = "judge", _("judge items")
    RUNS_WRITE = "runs:write", _("start and steer runs")
    STUDIES_WRITE = "studies:write", _("make and steer studies")
    EXPORT = "export", _("export judgments")
    ADMIN = "admin", _("see and revoke everybody's tokens")


class TokenQuerySet(models.QuerySet):
    def usable(self) -> "TokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=Now(), owner__is_active=True)


class ApiToken(models.Model):
    """A token acts for its owner; only the digest of its secret is stored."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret, hex")
    prefix = models.CharField(max_length=12, help_text="how the secret begins, to know it again by")
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="to some minutes")
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"

    @property
    def state(self) -> str:
        if self.revoked_at:
            return _("revoked")
        return _("expired") if self.expires_at <= timezone.now() else _("open")


class IdempotencyRecord(models.Model):
    """The answer to a write that succeeded under a key: written in the same transaction as what it answers."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    token = models.ForeignKey(ApiToken, models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64, help_text="SHA-256 over method, address and body, hex")
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "token", "key"], name="idempotency_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.key
