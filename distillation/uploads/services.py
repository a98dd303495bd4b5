"""Uploads made, filled piece by piece, and thrown away; a row says of each how much of it is safely here."""

import os
import shutil
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from accounts.models import User
from common.refusals import Refused
from common.text import visible
from distillation.catalog.readers.records import CatalogError
from distillation.models import FileImport, Upload, UploadQuerySet
from distillation.uploads.recognising import ZIP, part_recognised, why_unreadable

PIECE_BYTES = 8_388_608
KEPT_FOR = timedelta(days=7)
LONGEST_NAME = 60  # signs; as UTF-8 a file system takes them all
Part = Upload.Part


class UploadRefused(Refused):
    """One line for the person who uploads."""


class TooLarge(UploadRefused):
    pass


class WrongOffset(UploadRefused):
    def __init__(self, offset: int) -> None:
        super().__init__(f"the upload goes on at byte {offset}")
        self.offset = offset


def upload_make(*, name: str, part: str = "", size: int, by: User) -> Upload:
    """Without a part, what the file holds is told by its content once all of it is here."""
    if part and part not in Part.values:
        raise UploadRefused(f"no kind of file is called {part[:40]!r}; give one of {', '.join(Part.values)}")
    if size < 1:
        raise UploadRefused("the file is empty; choose another")
    if size > settings.UPLOAD_MAX_BYTES:
        raise TooLarge(f"{size:,} bytes, more than {settings.UPLOAD_MAX_BYTES:,}; pack the file as .gz or .zst")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)  # two at once don't share the same room
        _refuse_no_room(size, by)
        return Upload.objects.create(name=_plain(name), part=part, size=size, created_by=by)


def upload_append(*, upload: Upload, offset: int, piece: bytes) -> int:
    """Write the piece that begins at `offset`; returns where the next begins. Raises WrongOffset, UploadRefused."""
    with transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=upload.pk, removed_at=None).first()
        if row is None:
            raise UploadRefused("the upload is gone; choose the file again")
        here = row.offset
        if offset != here:
            raise WrongOffset(here)
        if offset + len(piece) > row.size:
            raise TooLarge(f"more than the {row.size:,} bytes that were announced; choose the file again")
        if offset == 0:
            _refuse_unreadable(row, piece)
        _write(row, offset, piece)
        row.received = offset + len(piece)
        row.save(update_fields=["received"])
        if row.received == row.size and not row.part:
            upload_recognise(upload=row)  # before anybody sees that it is here
    return row.received


def _refuse_unreadable(row: Upload, begins: bytes) -> None:
    if why := why_unreadable(begins):
        raise UploadRefused(f"{row.name}: {why}")
    if row.part == Part.PICTURES and not begins.startswith(ZIP):
        raise UploadRefused(f"{row.name} is no ZIP; pack the pictures as ZIP")


def upload_recognise(*, upload: Upload) -> None:
    try:
        upload.part, upload.unread = part_recognised(upload.path), ""
    except CatalogError as error:
        # Its name stands above, and on the page the first letter is made a capital.
        upload.part, upload.unread = "", str(error).removeprefix(upload.name).lstrip(":, ")[:300]
    upload.save(update_fields=["part", "unread"])


def upload_name(*, upload: Upload, part: str) -> None:
    """By hand, whatever it looks like."""
    if part not in Part.values:
        raise UploadRefused(f"say what {upload.name} holds: {', '.join(Part.labels)}")
    if upload.taken_by and upload.taken_by.state != FileImport.State.REFUSED:
        raise UploadRefused(f"{upload.name} is in an import already")
    upload.part, upload.unread = part, ""
    upload.save(update_fields=["part", "unread"])


def upload_store(*, file: File, part: str = "", by: User) -> Upload:
    """A file that came whole, by a plain form."""
    upload = upload_make(name=file.name or "", part=part, size=file.size, by=by)
    try:
        for piece in file.chunks(PIECE_BYTES):
            upload.received = upload_append(upload=upload, offset=upload.received, piece=piece)
    except (UploadRefused, OSError):
        upload_delete(upload=upload)
        raise
    upload.refresh_from_db()
    return upload


def upload_delete(*, upload: Upload) -> None:
    """Of one that an import has taken only the file goes, and only once that has ended."""
    with transaction.atomic():
        rows = Upload.objects.select_for_update(of=("self",)).select_related("catalog_import", "upload_import")
        row = rows.get(pk=upload.pk)
        if row.taken_by is None:
            row.delete()
        elif row.taken_by.is_ended:
            row.removed_at = timezone.now()
            row.save(update_fields=["removed_at"])
        else:
            raise UploadRefused(f"import {row.taken_by.pk} reads {row.name} now; wait for its end")
    shutil.rmtree(upload.folder, ignore_errors=True)


def uploads_free(ids: list[UUID]) -> None:
    """Within the transaction that takes them. Raises UploadRefused where one was taken before."""
    locked = Upload.objects.select_for_update(of=("self",)).select_related("catalog_import", "upload_import")
    for upload in locked.filter(pk__in=ids):
        earlier = upload.taken_by
        if earlier and earlier.state != FileImport.State.REFUSED:
            raise UploadRefused(f"{upload.name} is in import {earlier.pk} already; look there, or send it anew")


def uploads_expired() -> UploadQuerySet:
    """What was imported goes at once; what was refused or never begun may be tried again for some days."""
    here = Upload.objects.filter(removed_at=None)
    old = here.filter(created_at__lt=timezone.now() - KEPT_FOR)
    done = Q(catalog_import__state=FileImport.State.DONE) | Q(upload_import__state=FileImport.State.DONE)
    return old.waiting() | here.filter(done)


def uploads_expire() -> int:
    """Returns how many."""
    expired = list(uploads_expired())
    for upload in expired:
        upload_delete(upload=upload)
    return len(expired)


def _refuse_no_room(size: int, by: User) -> None:
    taken = Upload.objects.of(by).aggregate(sum=Sum("size"))["sum"] or 0
    if taken + size > settings.UPLOADS_PER_PERSON_BYTES:
        raise TooLarge(
            f"your uploads would take {taken + size:,} bytes, more than {settings.UPLOADS_PER_PERSON_BYTES:,}; "
            "take some away, or wait until they are imported"
        )
    settings.UPLOADS_ROOT.mkdir(parents=True, exist_ok=True)
    unfinished = Upload.objects.filter(removed_at=None).aggregate(sum=Sum(F("size") - F("received")))["sum"] or 0
    if unfinished + size > shutil.disk_usage(settings.UPLOADS_ROOT).free:
        raise TooLarge(f"no room for {size:,} bytes on the server's disk; ask its operator")


def _plain(name: str) -> str:
    """Its end, for there the suffix is; never a path."""
    last = visible(name.replace("\\", "/").rpartition("/")[2])[-LONGEST_NAME:].strip(" .")
    return last or "upload"


def _write(row: Upload, offset: int, piece: bytes) -> None:
    """Whatever stands behind the offset was written by somebody killed before it was recorded."""
    row.folder.mkdir(parents=True, exist_ok=True)
    file = os.open(row.path, os.O_RDWR | os.O_CREAT, 0o600)
    with open(file, "r+b") as stream:
        stream.truncate(offset)
        stream.seek(offset)
        stream.write(piece)
        stream.flush()
        os.fsync(file)
