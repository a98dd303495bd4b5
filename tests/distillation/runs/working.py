"""A worker's part, in the test's own transaction."""

import asyncio
import uuid

from distillation.lvlm.base import Backend
from distillation.lvlm.places import Places
from distillation.models import Run
from distillation.pipeline.engine import Engine
from distillation.pipeline.options import Options
from distillation.runs import ledger

ME = uuid.UUID(int=1)


def work(run: Run, backend: Backend) -> None:
    """All that the run owes is asked and written."""
    options, ended = Options.from_config(run.config), []

    async def asked() -> None:
        engine = Engine(backend, options, Places(4), ended.append)
        await asyncio.gather(*(engine.cobuy(each) for each in works))

    works = ledger.claim(run, options, ME, 100)
    asyncio.run(asked())
    ledger.record(run, ME, ended)
