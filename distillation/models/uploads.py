"""Files that people send from the browser, piece by piece."""

import uuid
from pathlib import Path

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import F
from django.db.models.functions import Now

from distillation.models.catalog import CatalogImport


class UploadQuerySet(models.QuerySet):
    def of(self, user: AbstractBaseUser) -> "UploadQuerySet":
        return self.filter(created_by=user, removed_at=None)

    def whole(self) -> "UploadQuerySet":
        return self.filter(received=F("size"))


class Upload(models.Model):
    """The row outlives its file, so that it stays known who brought what."""

    class Part(models.TextChoices):
        PRODUCTS = "products", "products"
        COBUYS = "cobuys", "co-buys"
        PICTURES = "pictures", "pictures"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60, help_text="as it was called there, without folders")
    part = models.CharField(max_length=10, choices=Part)
    size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True, help_text="since when its file is gone")
    catalog_import = models.ForeignKey(CatalogImport, models.SET_NULL, null=True, blank=True, related_name="uploads")

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

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
