"""Import of a catalog: one resumable job that reads the files into staging and then writes them in a few steps."""

from collections.abc import Callable

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from distillation.catalog.intake.account import CatalogAccount
from distillation.catalog.intake.cobuys import cobuys_write
from distillation.catalog.intake.indexing import indexes_make
from distillation.catalog.intake.job import ImportRequest, Job, State, alone
from distillation.catalog.intake.products import products_write, repeats_settle
from distillation.catalog.intake.staging import TABLES, files_stage, staging_drop, staging_holds
from distillation.catalog.pictures.folder import pictures_store
from distillation.catalog.readers.formats import refuse_wrong_format
from distillation.catalog.readers.records import CatalogError

Say = Callable[[str], None]
# For sorts and joins of a few million rows; each lasts for its transaction.
SETTINGS = "SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL jit = off"


def catalog_import(request: ImportRequest, say: Say = lambda line: None) -> CatalogAccount:
    """Started again after whatever has stopped it, it goes on where it was. The indexes it leaves owed come after."""
    with alone():
        indexes_make(say)  # what an earlier import owes, for this one reads its tables
        job = Job.of(request)
        try:
            _read(job, say)
            _write(job, say)
        except CatalogError as error:
            with transaction.atomic(), connection.cursor() as cursor:
                staging_drop(cursor)
                job.end(State.REFUSED, str(error))
            raise
    return job.account


def _read(job: Job, say: Say) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if not staging_holds(cursor, job):
            cursor.execute(TABLES)
            job.begin_anew()
    if job.row.state == State.READING:
        for path in job.request.paths:
            refuse_wrong_format(path, job.request.form)
        files_stage(job, say)
        job.row.state = State.WRITING
        job.save()


def _write(job: Job, say: Say) -> None:
    _step(job, "repeats", repeats_settle, say)
    _step(job, "products", products_write, say)
    _step(job, "co-buys", cobuys_write, say)
    if job.request.images:
        pictures_store(job, job.request.images, say)
    _refuse_wrong_sums(job)
    with transaction.atomic(), connection.cursor() as cursor:
        staging_drop(cursor)
        job.end(State.DONE)


def _step(job: Job, name: str, step: Callable[[CursorWrapper, Job], None], say: Say) -> None:
    """One step in one transaction, which also records that it is done."""
    if name in job.row.progress["steps"]:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        step(cursor, job)
        job.row.progress["steps"].append(name)
        job.save()
    say(f"{name}: written")


def _refuse_wrong_sums(job: Job) -> None:
    if not job.account.adds_up():
        raise CatalogError(f"the sums of import {job.row.pk} do not add up: report this with its account")
