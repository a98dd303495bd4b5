"""Wake-ups: what is to be done is in the ledger, so a message may be lost or come twice."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.sharedctypes import RawValue

import psycopg
import uvloop
from celery import Task, shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from common.away import is_unusable_database
from distillation.catalog.intake.indexing import indexes_make, indexes_owed
from distillation.catalog.intake.job import import_is_running
from distillation.catalog.pictures.download import StoreAway, pictures_download
from distillation.catalog.pictures.sources import sources_due
from distillation.lvlm.base import Backend, BackendAway, Unfit
from distillation.models import CatalogImport, Run, UploadImport, Worker
from distillation.pipeline.brake import FailingAlike
from distillation.pipeline.engine import Ended, drain
from distillation.pipeline.options import Options
from distillation.pipeline.prompts import PromptsChanged
from distillation.runs import ledger
from distillation.runs.batches.advance import HOLD, batches_advance, batches_call_off
from distillation.runs.drains import database_has_room, drain_hold, drains_alive
from distillation.runs.failures import failing_alike
from distillation.runs.pictures import run_pictures_ready, run_treating
from distillation.runs.servers import run_backend, run_places, run_remember
from distillation.runs.services import RunRefused, run_finish_if_done, run_pause, run_wait
from distillation.runs.threads import in_thread
from distillation.uploads.bringing import upload_bring
from distillation.uploads.importing import uploads_import
from distillation.uploads.services import uploads_expire

log = logging.getLogger(__name__)

WAITING = "Waiting for the model server"
NO_ROOM = "Waiting for room on the database's disk: make some, and it goes on by itself"
TREAT_S = 10  # then it says how far it is
RESTART_S = 12  # claims last for 15 s
DOWNLOAD_S = 25  # then others have the worker; the sweep brings it back

# Shared with the processes that a worker forks, where its tasks run: they don't hear of its end.
_ending = RawValue("b", 0)


@worker_shutting_down.connect
def end_soon(**_: object) -> None:
    _ending.value = 1


@worker_ready.connect
def begin_at_once(**_: object) -> None:
    sweep.apply_async(expires=30)


@shared_task(bind=True)
def advance_run(self: Task, run_id: int) -> None:
    """Take what the run owes and nobody has in hand, until there is no more."""
    run = Run.objects.filter(pk=run_id, state=Run.State.RUNNING).first()
    if run is None:
        return
    if not run_pictures_ready(run, seconds=TREAT_S):
        run_wait(run=run, why="{} of {} products have their pictures treated".format(*run_treating(run)))
        advance_run.apply_async([run.pk], expires=30)
        return
    worker, drained = HOLD if run.is_batched else self.request.hostname or "here", False
    with drain_hold(run, worker) as count_workers:
        if count_workers and _has_room(run):
            drained = _drain(run, uuid.uuid5(uuid.NAMESPACE_DNS, worker), count_workers)
    if run_finish_if_done(run=run):
        log.info("Run %s is done.", run.name)
    elif drained and Run.objects.owing().filter(pk=run.pk).exists():  # paused and resumed while calls were in flight
        advance_run.apply_async([run.pk], expires=30)


def _has_room(run: Run) -> bool:
    """For its answers; where there is none, the run says so."""
    if database_has_room():
        return True
    log.error("Run %s: %s", run.name, NO_ROOM)
    with suppress(OperationalError):
        run_wait(run=run, why=NO_ROOM)
    return False


def _drain(run: Run, holder: uuid.UUID, count_workers: Callable[[], int]) -> bool:
    """Whether it came to an end of its own; else the sweep tries again."""
    ledger.release(run, holder)  # what this worker had in hand when it was killed
    try:
        if run.is_batched:
            uvloop.run(batches_advance(run, lambda: bool(_ending.value)))
            return False
        uvloop.run(_advance(run, holder, count_workers))
        return True
    except BackendAway as error:
        run_wait(run=run, why=f"{WAITING}: {error}")
    except (Unfit, PromptsChanged, FailingAlike) as error:
        with suppress(RunRefused):  # somebody else has stopped it
            run_pause(run=run, why=failing_alike(error) if isinstance(error, FailingAlike) else str(error))
    except Exception as error:  # whatever it is, the run's page and `distill --wait` must not just stand still
        words = " ".join(str(error).split()) or type(error).__name__
        run_wait(run=run, why=f"Stopped by an error and tried again soon, see the worker's log: {words}")
        raise
    finally:
        ledger.release(run, holder)
    return False


async def _advance(run: Run, holder: uuid.UUID, count_workers: Callable[[], int]) -> None:
    options, places = Options.from_config(run.config), run_places(run)
    async with run_backend(run, places, options) as backend:
        try:
            await backend.check()
            await drain(
                backend=backend,
                options=options,
                places=places,
                claim=in_thread(partial(ledger.claim, run, options, holder)),
                write=in_thread(partial(_write, run, holder, count_workers, backend)),
                units=run.units_per_cobuy,
                planned=await asyncio.to_thread(in_thread(ledger.planned_calls), run),
            )
        finally:
            await asyncio.to_thread(in_thread(run_remember), run=run, servers=backend.known)


def _write(
    run: Run, holder: uuid.UUID, count_workers: Callable[[], int], backend: Backend, ended: Sequence[Ended]
) -> int:
    """Among how many workers its places are shared, 0 to stop. What it waits for stays readable until answers come."""
    go_on = _recorded(run, holder, ended) and not _ending.value
    fault = backend.fault
    why = f"{WAITING}: {fault}"[:500] if fault else "" if ended else run.message
    if why != run.message:
        run_wait(run=run, why=why)
        run.message = why
    try:
        return count_workers() if go_on else 0
    except (
        psycopg.OperationalError
    ):  # its session has ended, and with it the lock: what is in flight is written, no more
        return 0


def _recorded(run: Run, holder: uuid.UUID, ended: Sequence[Ended]) -> bool:
    """A database that restarts, or has its disk full, is waited for: what was answered is not asked again."""
    until = time.monotonic() + RESTART_S
    while True:
        try:
            return ledger.record(run, holder, ended)
        except (DatabaseError, InterfaceError) as error:
            if not is_unusable_database(error) or time.monotonic() > until:
                raise
            connection.close()
            time.sleep(0.3)


@shared_task(bind=True)
def call_off_batches(self: Task, run_id: int) -> None:
    """A run that is cancelled pays for no more answers."""
    run = Run.objects.filter(pk=run_id, state=Run.State.CANCELLED).first()
    if run is None:
        return
    with drain_hold(run, HOLD) as is_held, suppress(BackendAway, Unfit, PromptsChanged):  # the sweep tries again
        if is_held:
            uvloop.run(batches_call_off(run))


@shared_task
def download_pictures() -> None:
    try:
        pictures_download(seconds=DOWNLOAD_S)
    except StoreAway as error:
        log.error("%s; the download goes on by itself in a minute.", error)


@shared_task
def make_indexes() -> None:
    indexes_make(wait=False)


@shared_task
def import_uploads(import_id: int) -> None:
    uploads_import(import_id)


@shared_task
def bring_upload(import_id: int) -> None:
    upload_bring(import_id)


@shared_task(expires=30)
def sweep() -> None:
    """End the runs that owe nothing more; bring every worker to those that do. Wake the download of pictures due, what
    an import that was killed has left undone of its indexes, and an import of uploads that waits or was killed."""
    for run in Run.objects.filter(state=Run.State.RUNNING):
        if not run_finish_if_done(run=run):
            _call_workers(run)
    for run in Run.objects.to_call_off():
        call_off_batches.apply_async([run.pk], expires=30)
    if sources_due():
        download_pictures.apply_async(expires=30)
    if indexes_owed() and not import_is_running():
        make_indexes.apply_async(expires=30)
    if not import_is_running():
        _wake_imports()
    uploads_expire()


def _wake_imports() -> None:
    if catalog := CatalogImport.objects.uploaded_and_owed().first():
        import_uploads.apply_async([catalog.pk], expires=30)
    elif other := UploadImport.objects.filter(state=UploadImport.State.READING).order_by("pk").first():
        bring_upload.apply_async([other.pk], expires=30)


def _call_workers(run: Run, at_least: int = 0) -> None:
    """A message for each worker that is not on the run. One that comes to a worker on it is lost; the next sweep, or
    the one after it, finds the right one."""
    missing = max(1, Worker.objects.alive().count()) - drains_alive(run)
    for _ in range(max(missing, at_least)):
        advance_run.apply_async([run.pk], expires=30)


def run_wake(run: Run) -> None:
    transaction.on_commit(lambda: _call_workers(run, at_least=1))
