"""Uploads into the catalog: asked for on a page, done by a worker with the same import as the command's."""

from collections.abc import Mapping

from celery import current_app
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from distillation.catalog.intake.importing import catalog_import
from distillation.catalog.intake.job import Busy, ImportRequest, alone
from distillation.catalog.pictures.download import downloads_wake
from distillation.catalog.readers.csvfiles import CSV, csv_named
from distillation.catalog.readers.formats import FORMATS
from distillation.catalog.readers.records import AS_NAMED, DEFAULT_FIELDS, CatalogError, CatalogFormat, Names
from distillation.models import CatalogImport, Upload
from distillation.uploads.services import uploads_expire, uploads_free
from distillation.uploads.zips import pictures_unpack

TASK = "distillation.tasks.import_uploads"
Part, State = Upload.Part, CatalogImport.State
Parts = Mapping[str, Upload]  # a file for each part of a catalog that was given


def import_request(
    parts: Parts, form: CatalogFormat, *, download: bool, columns: Names = AS_NAMED, cobuy_columns: Names = AS_NAMED
) -> ImportRequest:
    cobuys, pictures = parts.get(Part.COBUYS), parts.get(Part.PICTURES)
    return ImportRequest(
        paths=[parts[Part.PRODUCTS].path],
        form=csv_named(columns) if form is CSV else form,
        cobuys=cobuys.path if cobuys else None,
        images=pictures.unpacked if pictures else None,
        download=download,
        cobuy_fields=DEFAULT_FIELDS,
        columns=columns,
        cobuy_columns=cobuy_columns,
    )


def import_start(*, parts: Parts, request: ImportRequest, by: User) -> CatalogImport:
    """The import stands from now on; a worker takes it up. Raises UploadRefused where it has been started before."""
    ids = [upload.pk for upload in parts.values()]
    with transaction.atomic():
        uploads_free(ids)
        started = CatalogImport.objects.create(
            key=request.key(), format=request.form.name, sources=request.sources, options=request.options, created_by=by
        )
        Upload.objects.filter(pk__in=ids).update(catalog_import=started)
        # Robust: the sweep makes up for a broker that is away.
        transaction.on_commit(lambda: current_app.send_task(TASK, [started.pk]), robust=True)
    return started


def uploads_import(import_id: int) -> None:
    """Do what is owed of it; called again after a kill it goes on. While another import runs it waits for the sweep."""
    row = CatalogImport.objects.uploaded_and_owed().filter(pk=import_id).first()
    if row is None:
        return
    try:
        with alone():
            _import(row)
    except Busy:
        return
    except Exception as error:  # whatever it is, the page must not just stand still; the sweep tries again
        words = " ".join(str(error).split()) or type(error).__name__
        _say(row, f"Stopped by an error and tried again soon, see the worker's log: {words}")
        raise
    uploads_expire()


def _import(row: CatalogImport) -> None:
    parts = {upload.part: upload for upload in row.uploads.all()}
    try:
        named = {name: row.options.get(name, {}) for name in ("columns", "cobuy_columns")}
        request = import_request(parts, FORMATS[row.format], download=row.options["download"], **named)
        if request.images:
            _say(row, "Unpacking the pictures")
            pictures_unpack(parts[Part.PICTURES].path, request.images)
        _say(row, "")
        catalog_import(request)
    except CatalogError as error:
        import_refuse(row=row, why=str(error))
    else:
        if request.download:
            downloads_wake()


def import_refuse(*, row: CatalogImport, why: str) -> None:
    """What the import itself has refused says so already."""
    owed = CatalogImport.objects.filter(pk=row.pk).exclude(state__in=[State.DONE, State.REFUSED])
    owed.update(state=State.REFUSED, message=why[:1000], finished_at=Now())


def _say(row: CatalogImport, words: str) -> None:
    CatalogImport.objects.filter(pk=row.pk).update(message=words[:1000])
