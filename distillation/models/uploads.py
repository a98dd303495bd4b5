"""Files that people send from the browser, piece by piece."""

import uuid
from pathlib import Path

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from distillation.models.catalog import CatalogImport
from distillation.models.imports import FileImport


class UploadImport(FileImport):
    """One file from the browser that is no part of a catalog; `format` says of which kind it is."""

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    about = models.CharField(max_length=200, blank=True, help_text="the run that it becomes, the study that it fills")

    def __str__(self) -> str:
        return f"upload import {self.pk} ({self.format})"


class UploadQuerySet(models.QuerySet):
    def of(self, user: AbstractBaseUser) -> "UploadQuerySet":
        return self.filter(created_by=user, removed_at=None)

    def whole(self) -> "UploadQuerySet":
        return self.filter(received=F("size"))

    def waiting(self) -> "UploadQuerySet":
        """Those that no import has taken, or that one has refused; the newest come first."""
        refused = FileImport.State.REFUSED
        free = Q(catalog_import=None, upload_import=None) | Q(catalog_import__state=refused)
        return self.filter(free | Q(upload_import__state=refused)).order_by("-created_at")


class Upload(models.Model):
    """The row outlives its file, so that it stays known who brought what."""

    class Part(models.TextChoices):
        PRODUCTS = "products", "products"
        COBUYS = "cobuys", "co-buys"
        PICTURES = "pictures", "pictures"
        INTENTIONS = "intentions", "intentions made elsewhere"
        JUDGMENTS = "judgments", "judgments"
        PURCHASES = "purchases", "purchases"
        REVIEWS = "reviews", "reviews"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60, help_text="as it was called there, without folders")
    part = models.CharField(max_length=10, choices=Part, blank=True, help_text="what it holds; empty: not known yet")
    unread = models.CharField(max_length=300, blank=True, help_text="why nobody can tell what it holds")
    size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True, help_text="since when its file is gone")
    catalog_import = models.ForeignKey(CatalogImport, models.SET_NULL, null=True, blank=True, related_name="uploads")
    upload_import = models.ForeignKey(UploadImport, models.SET_NULL, null=True, blank=True, related_name="uploads")

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def taken_by(self) -> CatalogImport | UploadImport | None:
        """The import that reads it, or has read it last."""
        return self.catalog_import or self.upload_import

    @property
    def is_free(self) -> bool:
        """An import may take it: it is here, and none has, or has only refused it."""
        return self.is_whole and (self.taken_by is None or self.taken_by.state == FileImport.State.REFUSED)

    @property
    def folder(self) -> Path:
        return Path(settings.UPLOADS_ROOT) / str(self.pk)

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @property
    def unpacked(self) -> Path:
        """Where a ZIP's pictures lie while they are imported."""
        return self.folder / "unpacked" / self.name

    @property
    def offset(self) -> int:
        """Bytes that are here: a power cut may have cost the file what the row says of it, never the other way."""
        return min(self.received, self.path.stat().st_size) if self.path.is_file() else 0

    @property
    def is_whole(self) -> bool:
        return self.offset == self.size
