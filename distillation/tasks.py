"""Wake-ups: what is to be done is in the ledger, so a message may be lost or come twice."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction

from distillation import ledger
from distillation.lvlm.base import BackendAway, WrongModel
from distillation.models import Run
from distillation.pipeline.engine import drain
from distillation.pipeline.options import Options
from distillation.services import run_backend, run_finish_if_done, run_pause, run_wait

log = logging.getLogger(__name__)


@shared_task
def advance_run(run_id: int) -> None:
    """Take what the run owes and nobody has in hand, until there is no more."""
    run = Run.objects.filter(pk=run_id, state=Run.State.RUNNING).first()
    if run is None:
        return
    holder = uuid.uuid4()
    try:
        asyncio.run(_advance(run, holder))
    except BackendAway as error:
        run_wait(run=run, why=f"Waiting for the model server: {error}")
    except WrongModel as error:
        run_pause(run=run, why=str(error))
    except Exception as error:  # whatever it is, the run's page and `distill --wait` must not just stand still
        words = " ".join(str(error).split()) or type(error).__name__
        run_wait(run=run, why=f"Stopped by an error and tried again soon, see the worker's log: {words}")
        raise
    finally:
        ledger.release(run, holder)
    if run_finish_if_done(run=run):
        log.info("Run %s is done.", run.name)


async def _advance(run: Run, holder: uuid.UUID) -> None:
    options = Options.from_config(run.config)
    async with run_backend(run) as backend:
        await backend.check()
        await asyncio.to_thread(_in_thread(run_wait), run=run, why="")
        await drain(
            backend=backend,
            options=options,
            places=settings.LVLM_IN_FLIGHT * max(1, len(run.base_urls)),
            claim=_in_thread(partial(ledger.claim, run, options, holder)),
            write=_in_thread(partial(ledger.record, run, holder)),
        )


def _in_thread(function: Callable) -> Callable:
    """A thread's connection goes back to the pool after each call; nobody else would return it."""

    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return call


@shared_task(expires=30)
def sweep() -> None:
    """Wake the runs that owe work which nobody has in hand; end those whose worker was killed just before it did."""
    for run in Run.objects.filter(state=Run.State.RUNNING):
        run_finish_if_done(run=run)
    for run in Run.objects.owing():
        advance_run.apply_async([run.pk], expires=30)


def run_wake(run: Run) -> None:
    transaction.on_commit(lambda: advance_run.delay(run.pk))
