"""Rows that are taken out of lists and stay: those with the time `archived_at`."""

from typing import Self, TypeVar

from django.db import models
from django.db.models.functions import Now

Row = TypeVar("Row", bound=models.Model)


class ArchiveQuerySet(models.QuerySet[Row]):
    def archived(self, is_so: bool = True) -> Self:
        return self.filter(archived_at__isnull=not is_so)

    def archive(self, on: bool = True) -> int:
        """Into the archive, or out of it; how many were not there already."""
        return self.archived(not on).update(archived_at=Now() if on else None)
