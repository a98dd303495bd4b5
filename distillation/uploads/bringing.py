"""A file of any kind but a catalog's: asked for on a page, brought in by a worker with the command's own reader."""

import hashlib
import json
from contextlib import nullcontext

from celery import current_app
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from distillation.catalog.intake.job import Busy, alone
from distillation.catalog.readers.records import CatalogError
from distillation.models import FileImport, Upload, UploadImport
from distillation.uploads.kinds import Asked, Kind, kinds
from distillation.uploads.services import uploads_expire, uploads_free

TASK = "distillation.tasks.bring_upload"
State = FileImport.State
AT_ONCE = "It is written in one step: all of it, or nothing"


def bring_start(*, upload: Upload, asked: Asked, by: User) -> UploadImport:
    """The import stands from now on; a worker takes it up. Raises UploadRefused where it has been started before."""
    options = {**asked.options, "columns": dict(asked.columns)}
    with transaction.atomic():
        uploads_free([upload.pk])
        row = UploadImport.objects.create(
            key=_key(upload, options), format=upload.part, sources=[{"name": upload.name, "size": upload.size}],
            options=options, about=asked.about, created_by=by,
        )  # fmt: skip
        Upload.objects.filter(pk=upload.pk).update(upload_import=row)
        # Robust: the sweep makes up for a broker that is away.
        transaction.on_commit(lambda: current_app.send_task(TASK, [row.pk]), robust=True)
    return row


def _key(upload: Upload, options: dict) -> str:
    return hashlib.sha256(json.dumps([str(upload.pk), options], sort_keys=True).encode()).hexdigest()


def upload_bring(import_id: int) -> None:
    """Do what is owed of it; called again after a kill it goes on. While another import runs it waits for the sweep."""
    row = UploadImport.objects.filter(pk=import_id, state=State.READING).first()
    if row is None:
        return
    try:
        with alone():
            _bring(row, kinds()[row.format])
    except Busy:
        return
    except CatalogError as error:
        _end(row, State.REFUSED, str(error))
    except Exception as error:  # whatever it is, the page must not just stand still; the sweep tries again
        words = " ".join(str(error).split()) or type(error).__name__
        _say(row, f"Stopped by an error and tried again soon, see the worker's log: {words}")
        raise
    uploads_expire()


def _bring(row: UploadImport, kind: Kind) -> None:
    upload = row.uploads.first()
    if upload is None or not upload.is_whole:
        raise CatalogError(f"{row.file_names} is gone; send it anew")
    options = dict(row.options)
    columns = options.pop("columns", {})
    _say(row, AT_ONCE if kind.is_whole else "")
    with transaction.atomic() if kind.is_whole else nullcontext():
        row.account = kind.bring(Asked(upload.path, row.about, options, columns), lambda line: _say(row, line))
        _end(row, State.DONE)


def _end(row: UploadImport, state: State, message: str = "") -> None:
    row.state, row.message, row.finished_at = state, message[:1000], Now()
    row.save()


def _say(row: UploadImport, words: str) -> None:
    UploadImport.objects.filter(pk=row.pk).update(message=words[:1000])
