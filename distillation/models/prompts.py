"""Prompts of one's own, written in the browser."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now


class PromptVersion(models.Model):
    """Never changed: other words are another version. A run keeps the texts itself, so it needs none of these."""

    name = models.CharField(
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^(?!\.+\Z)[\w.-]+\Z", "Use letters, digits, dots, hyphens and underscores.")],
    )
    texts = models.JSONField(help_text="by the names of the files that a folder of prompts has")
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name
