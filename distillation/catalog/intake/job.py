"""An import as a row: found again by what was asked, moved on together with what each transaction has done."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Now

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.readers.records import (
    AS_NAMED,
    DEFAULT_FIELDS,
    CatalogError,
    CatalogFormat,
    Names,
    Position,
)
from distillation.models import CatalogImport, FileImport

State = FileImport.State
LOCK_SECONDS = 3


class Busy(CatalogError):
    """Another import has the database; nothing is said against this one."""


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    paths: list[Path]
    form: CatalogFormat
    cobuys: Path | None = None
    images: Path | None = None
    download: bool = False
    category: str = ""
    cobuy_fields: tuple[str, ...] = DEFAULT_FIELDS
    reciprocal_only: bool = False
    max_per_product: int | None = None
    sample: int | None = None
    seed: int = 0
    columns: Names = field(default_factory=lambda: AS_NAMED)  # of CSV files: products, and co-buys
    cobuy_columns: Names = field(default_factory=lambda: AS_NAMED)

    @property
    def files(self) -> list[Path]:
        return [*self.paths, *([self.cobuys] if self.cobuys else [])]

    @property
    def options(self) -> dict[str, object]:
        names = ("download", "category", "reciprocal_only", "max_per_product", "sample", "seed")
        chosen = {name: getattr(self, name) for name in names}
        fields = "" if self.form.is_strict else ",".join(self.cobuy_fields)
        named = {name: dict(names) for name in ("columns", "cobuy_columns") if (names := getattr(self, name))}
        files = {"images": str(self.images or ""), "cobuys": str(self.cobuys or "")}
        return {**files, "cobuy_fields": fields, **chosen, **named}

    @property
    def sources(self) -> list[dict[str, object]]:
        return [{"name": path.name, "size": _stat(path).st_size} for path in self.files]

    def key(self) -> str:
        files = [(str(path.resolve()), _stat(path).st_size, _stat(path).st_mtime_ns) for path in self.files]
        asked = json.dumps([self.form.name, files, self.options], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise CatalogError(f"{path}: {error.strerror}; give the path of a readable file") from error


@dataclass
class Job:
    request: ImportRequest
    row: CatalogImport
    account: CatalogAccount

    @classmethod
    def of(cls, request: ImportRequest) -> "Job":
        """The unfinished import of the same request, else a new one."""
        unfinished = CatalogImport.objects.filter(state__in=[State.READING, State.WRITING])
        key = request.key()
        row = unfinished.filter(key=key).last() or CatalogImport(
            key=key, format=request.form.name, sources=request.sources, options=request.options
        )
        row.save()
        row.data_set_id = _data_set(row)
        row.save(update_fields=["data_set"])
        # There is one set of staging tables: an import that was broken off before this one begins anew.
        unfinished.exclude(pk=row.pk).exclude(progress={}).update(
            progress={}, account={}, state=State.READING, message=f"broken off; import {row.pk} came in between"
        )
        return cls(request, row, CatalogAccount(**row.account))

    @classmethod
    def looking(cls, request: ImportRequest) -> "Job":
        """One that only looks at the files: nothing of it is saved."""
        return cls(request, CatalogImport(progress=_nothing_read()), CatalogAccount())

    @property
    def of_data_set(self) -> dict[str, Any]:
        """For statements: this import, its data set, and all imports of that."""
        own = CatalogImport.objects.filter(data_set=self.row.data_set_id).values_list("pk", flat=True)
        return {"import": self.row.pk, "data_set": self.row.data_set_id, "imports": list(own)}

    @property
    def position(self) -> Position:
        return Position(self.row.progress.get("line", 0), self.row.progress.get("offset", 0))

    def begin_anew(self) -> None:
        self.row.state, self.row.message = State.READING, ""
        self.row.progress = _nothing_read()
        self.account = CatalogAccount(data_set=self.row.data_set_id or 0)
        self.save()

    def save(self) -> None:
        self.row.account = asdict(self.account)
        self.row.save()

    def end(self, state: CatalogImport.State, message: str = "") -> None:
        self.row.state, self.row.message = state, message[:1000]
        self.row.finished_at = Now()
        self.save()


def _nothing_read() -> dict[str, Any]:
    return {"file": 0, "staged": 0, "products": 0, "pictures": 0, "steps": []}


def _data_set(row: CatalogImport) -> int:
    """Of the same files and options there is one, however often they are imported."""
    done = CatalogImport.objects.filter(key=row.key, state=State.DONE, data_set__isnull=False)
    earlier = done.order_by("pk").values_list("data_set", flat=True).first()
    return earlier or row.pk


@contextmanager
def alone() -> Iterator[None]:
    """One import at a time. That an import was killed the database notices after a moment: so wait for the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET client_connection_check_interval = '1s'")
        deadline = time.monotonic() + LOCK_SECONDS
        while not _locked(cursor):
            if time.monotonic() > deadline:
                raise Busy("another import into this database is running; start this one when that has ended")
            time.sleep(0.1)
        try:
            yield
        finally:
            is_broken = connection.in_atomic_block and transaction.get_rollback()
            if not is_broken and connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(hashtext('catalog_import'))")


def import_is_running() -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT NOT pg_try_advisory_xact_lock(hashtext('catalog_import'))")
        return cursor.fetchone()[0]


def _locked(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(hashtext('catalog_import'))")
    return cursor.fetchone()[0]
