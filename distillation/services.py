"""Starting, stopping and ending runs."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import User
from distillation.lvlm import make_backend
from distillation.lvlm.base import Backend, BackendAway, WrongModel
from distillation.models import CoBuy, Run
from distillation.pipeline.prompts import PromptSet
from distillation.pipeline.relations import parse_relations

MOST_SAMPLES = 1_000  # a co-buy's 20 relations then fit the ledger's small integers


class RunRefused(Exception):
    """One line for the person who asked: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run is started with; `config` of the run once it is stored."""

    relations: tuple[str, ...]
    samples: int = 1
    with_images: bool = True
    temperature: float = 0.2
    max_tokens: int = 512
    prompt_version: str = "mind-1"
    prompt_digest: str = ""
    limit: int | None = None

    @classmethod
    def checked(
        cls, *, relations: str, limit: int | None, samples: int = 1, prompt_version: str = "mind-1", **rest
    ) -> "RunSettings":
        if limit is not None and limit < 1:
            raise RunRefused(f"--limit {limit}: give a number of co-buys of at least 1")
        if not 1 <= samples <= MOST_SAMPLES:
            raise RunRefused(f"--samples {samples}: give a number of intentions from 1 to {MOST_SAMPLES}")
        try:
            codes, prompts = parse_relations(relations), PromptSet.load(prompt_version)
        except ValueError as error:
            raise RunRefused(str(error)) from error
        return cls(codes, samples, limit=limit, prompt_version=prompt_version, prompt_digest=prompts.digest, **rest)

    def as_config(self) -> dict:
        return {**asdict(self), "relations": list(self.relations)}


def run_backend(run: Run) -> Backend:
    return make_backend(
        run.backend,
        model=run.model,
        base_urls=run.base_urls,
        in_flight=settings.LVLM_IN_FLIGHT,
        timeout_s=settings.LVLM_TIMEOUT,
        api_key=settings.LVLM_API_KEY,
    )


def backend_check(*, backend: str, model: str, base_urls: Sequence[str]) -> str:
    """The model's name. Refuses, before anything is written, a server that is away or that serves another model."""
    probe = Run(backend=backend, model=model, base_urls=list(base_urls))

    async def check() -> str:
        async with run_backend(probe) as opened:
            await opened.check()
            return opened.model

    try:
        return asyncio.run(check())
    except (BackendAway, WrongModel, ValueError) as error:
        raise RunRefused(str(error)) from error


@transaction.atomic
def run_start(
    *,
    name: str,
    backend: str,
    model: str,
    base_urls: Sequence[str],
    settings: RunSettings,
    created_by: User | None = None,
) -> tuple[Run, bool]:
    """(run, whether it is new). An existing run goes on if it was asked for with the settings it has."""
    new = Run(name=name, backend=backend, model=model, base_urls=list(base_urls), created_by=created_by)
    new.config = settings.as_config()
    _check_fields(new)
    with connection.cursor() as cursor:  # two starts at once: the second finds the first one's run
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('run_start'), hashtext(%s))", [name])
    run = Run.objects.select_for_update().filter(name=name).first()
    if run:
        _refuse_other_settings(run, backend=backend, model=model, config=settings.as_config())
        run_resume(run=run, base_urls=base_urls)
        return run, False
    new.save()
    _plan(new)
    return new, True


def _check_fields(run: Run) -> None:
    try:
        run.clean_fields(exclude=["created_at"])
    except ValidationError as error:
        lines = [f"{field} {getattr(run, field)!r}: {' '.join(words)}" for field, words in error.message_dict.items()]
        raise RunRefused("; ".join(lines)) from error


def _refuse_other_settings(run: Run, *, backend: str, model: str, config: dict) -> None:
    asked = {"backend": backend, "model": model, **config}
    stored = {"backend": run.backend, "model": run.model, **run.config}
    differences = [
        f"{key} is {stored.get(key)!r}, not {asked[key]!r}" for key in asked if asked[key] != stored.get(key)
    ]
    if differences:
        raise RunRefused(
            f"Run {run.name} exists with other settings ({'; '.join(differences)}); give the new run another name"
        )


def _plan(run: Run) -> None:
    """Write down what the run owes: a query, however many calls it will be."""
    limit = run.config["limit"]
    chosen = CoBuy.objects.order_by("id").values("id")
    if run.config["with_images"]:
        chosen = chosen.with_pictures()
    sql, params = chosen[:limit].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO distillation_runcobuy (run_id, cobuy_id, n_owed) "  # noqa: S608 - the ORM's own SQL
            f"SELECT %s, id, %s FROM ({sql}) c ORDER BY id",
            [run.pk, run.units_per_cobuy, *params],
        )
        if not cursor.rowcount:
            raise RunRefused(_why_nothing_to_do(run))
        cursor.execute(
            """
            INSERT INTO distillation_runproduct (run_id, product_id, from_cache)
            SELECT DISTINCT c.run_id, p.id, false
            FROM distillation_runcobuy c JOIN distillation_cobuy b ON b.id = c.cobuy_id
            CROSS JOIN LATERAL (VALUES (b.a_id), (b.b_id)) p (id)
            WHERE c.run_id = %s
            """,
            [run.pk],
        )


def _why_nothing_to_do(run: Run) -> str:
    if not CoBuy.objects.exists():
        return "The catalog has no co-buys; import some with import_catalog first"
    return "No co-buy has a picture of both products; import pictures, or start the run with --no-images"


def run_resume(*, run: Run, base_urls: Sequence[str] = ()) -> None:
    if run.state == Run.State.DONE:
        return
    run.state, run.message = Run.State.RUNNING, ""
    if base_urls:
        run.base_urls = list(base_urls)
    run.save(update_fields=["state", "message", "base_urls"])


def run_wait(*, run: Run, why: str) -> None:
    """The run stays running, its work can't go on now; the sweep tries again."""
    Run.objects.filter(pk=run.pk).update(message=why[:500])


def run_pause(*, run: Run, why: str = "") -> None:
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(state=Run.State.PAUSED, message=why[:500])


def run_finish_if_done(*, run: Run) -> bool:
    return bool(
        Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)
        .exclude(cobuys__n_owed__gt=0)
        .update(state=Run.State.DONE, message="", finished_at=Now())
    )
