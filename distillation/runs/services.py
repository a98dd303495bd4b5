"""Start, pause, resume and cancel runs, and retry what failed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from common.kept import STRICTNESS
from common.refusals import Refused
from common.rows import fields_refused, name_lock
from distillation.catalog.selection import EVERYTHING, CatalogSelection, catalog_of
from distillation.models import CoBuy, Failure, Run, RunCoBuy
from distillation.pipeline.filters import NOBODY, SAME, FilterPrompts
from distillation.pipeline.prompts import PromptSet
from distillation.pipeline.relations import parse_relations
from distillation.prompts.stored import prompts_named, prompts_settings
from distillation.runs.failures import for_retry, no_longer_blocked
from distillation.runs.refiltering import run_take_intentions
from distillation.treatments import AS_IS, NONE, parse_pictures

MOST_SAMPLES = 1_000  # a co-buy's 20 relations then fit the ledger's small integers
HOTTEST = 2.0  # what servers take
MOST_TOKENS = 100_000


class RunRefused(Refused):
    """One line for the person who asked: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run is started with; `config` of the run once it is stored."""

    relations: tuple[str, ...]
    samples: int = 1
    with_images: bool = True
    side_by_side: bool = False
    pictures: str = AS_IS
    with_titles: bool = True
    with_features: bool = True
    temperature: float = 0.2
    max_tokens: int = 512
    prompt_version: str = "mind-1"
    prompt_folder: str | None = None
    prompt_digest: str = ""
    prompt_texts: Mapping[str, str] | None = None  # of those that stand in no folder
    filter: str = SAME
    filter_folder: str | None = None
    filter_digest: str = ""
    filter_model: str = ""
    filter_base_urls: tuple[str, ...] = ()
    limit: int | None = None
    catalog: CatalogSelection = EVERYTHING

    @classmethod
    def checked(
        cls,
        *,
        relations: str,
        limit: int | None,
        samples: int = 1,
        temperature: float = 0.2,
        max_tokens: int = 512,
        prompts: str | PromptSet = "mind-1",
        pictures: str = AS_IS,
        with_images: bool = True,
        filter: str = SAME,
        filter_model: str = "",
        filter_base_urls: Sequence[str] = (),
        **rest,
    ) -> "RunSettings":
        """`prompts` and `filter` are versions or folders of one's own; `filter` may be "none" too."""
        _refuse_beyond(limit=limit, samples=samples, temperature=temperature, max_tokens=max_tokens)
        if rest.get("side_by_side") and not with_images:
            raise RunRefused("--side-by-side puts two pictures on one canvas; with --no-images there are none")
        try:
            shown = parse_pictures(pictures)
            codes = parse_relations(relations)
            loaded = prompts_named(prompts) if isinstance(prompts, str) else prompts
        except ValueError as error:
            raise RunRefused(str(error)) from error
        if not with_images and shown not in (AS_IS, NONE):
            raise RunRefused(f"--pictures {pictures} treats pictures; with --no-images there are none")
        with_images = with_images and shown != NONE
        return cls(
            codes,
            samples,
            with_images=with_images,
            pictures=shown if with_images else NONE,
            limit=limit,
            temperature=temperature,
            max_tokens=max_tokens,
            **prompts_settings(loaded),
            **filter_asked(filter, filter_model, filter_base_urls),
            **rest,
        )

    def as_config(self) -> dict:
        lists = {"relations": list(self.relations), "filter_base_urls": list(self.filter_base_urls)}
        return {**asdict(self), **lists, "catalog": self.catalog.as_config()}

    def settled(self, run: Run | None) -> "RunSettings":
        """Where nothing is said of imports: those of the run, if there is one; else the newest."""
        stored = catalog_of(run) if run else self.catalog.with_newest()
        if self.catalog == EVERYTHING:
            return replace(self, catalog=stored)
        imports = stored.imports if self.catalog.imports is None else self.catalog.imports
        return replace(self, catalog=replace(self.catalog, imports=imports))


def _refuse_beyond(*, limit: int | None, samples: int, temperature: float, max_tokens: int) -> None:
    if limit is not None and limit < 1:
        raise RunRefused(f"--limit {limit}: give a number of co-buys of at least 1")
    if not 1 <= samples <= MOST_SAMPLES:
        raise RunRefused(f"--samples {samples}: give a number of intentions from 1 to {MOST_SAMPLES}")
    if not 0 <= temperature <= HOTTEST:
        raise RunRefused(f"--temperature {temperature}: give a number from 0 to {HOTTEST:g}")
    if not 1 <= max_tokens <= MOST_TOKENS:
        raise RunRefused(f"--max-tokens {max_tokens}: give a number of tokens from 1 to {MOST_TOKENS}")


def filter_named(name: str, *, no_filter: bool) -> str:
    if no_filter and name not in (SAME, NOBODY):
        raise RunRefused(f"--no-filter asks for no verdicts, --filter {name} says how to ask: leave one of them out")
    return NOBODY if no_filter else name


def filter_asked(name: str, model: str, base_urls: Sequence[str]) -> dict[str, Any]:
    """The settings of who filters and how; refuses what contradicts itself."""
    if name == NOBODY and (model or base_urls):
        raise RunRefused("No filter is to be asked, and a model for it is named: leave one of them out")
    if base_urls and not model:
        raise RunRefused(f"Name the model that filters at {base_urls[0]} too, as its server names it")
    try:
        found = FilterPrompts.named(name) if name not in (SAME, NOBODY) else None
    except ValueError as error:
        raise RunRefused(str(error)) from error
    named = {"filter": found.version, "filter_folder": found.folder, "filter_digest": found.digest} if found else {}
    return {"filter": name, **named, "filter_model": model, "filter_base_urls": tuple(base_urls)}


@transaction.atomic
def run_start(
    *,
    name: str,
    backend: str,
    model: str,
    base_urls: Sequence[str],
    settings: RunSettings,
    strictness: float = STRICTNESS,
    created_by: User | None = None,
    servers: Mapping[str, Any] | None = None,
    any_server: bool = False,
    cobuys_of: Run | None = None,
    intentions_of: Run | None = None,
) -> tuple[Run, bool]:
    """(run, whether it is new). An existing run goes on if it was asked for with the settings it has.

    `cobuys_of` has it ask for the very co-buys of another run, `intentions_of` for verdicts on its very intentions.
    """
    new = Run(name=name, backend=backend, model=model, base_urls=list(base_urls), created_by=created_by)
    new.strictness, new.servers, new.any_server = strictness, dict(servers or {}), any_server
    new.config = settings.as_config()
    _check_fields(new)
    name_lock("run_start", name)
    run = Run.objects.select_for_update().filter(name=name).first()
    new.config = settings.settled(run).as_config()
    if run:
        _refuse_other_settings(run, backend=backend, model=model, config=new.config)
        _go_on(run, new)
        return run, False
    new.save()
    _plan(new, cobuys_of or intentions_of)
    if intentions_of:
        run_take_intentions(run=new, of=intentions_of)
    return new, True


def _check_fields(run: Run) -> None:
    if run.name == "new":
        raise RunRefused('The name "new" stands for the page that starts a run; choose another')
    try:
        run.clean_fields(exclude=["created_at"])
    except ValidationError as error:
        raise RunRefused(fields_refused(run, error)) from error


def _go_on(run: Run, asked: Run) -> None:
    if run.state == Run.State.CANCELLED:
        raise RunRefused(
            f"Run {run.name} is cancelled: resume it with resume_run {run.name}, or give the new run another name"
        )
    if run.state != Run.State.DONE:
        run_resume(run=run, base_urls=asked.base_urls, servers=asked.servers, any_server=asked.any_server)


def _refuse_other_settings(run: Run, *, backend: str, model: str, config: dict) -> None:
    asked = {"backend": backend, "model": model, **config}
    stored = {"backend": run.backend, "model": run.model, **run.config}
    # A run from before a setting was there has what is its default now.
    shown = {"pictures": AS_IS if stored.get("with_images") else NONE, "with_titles": True, "with_features": True}
    alone: dict[str, Any] = {
        "prompt_texts": None,
        "filter": SAME,
        "filter_folder": None,
        "filter_digest": "",
        "filter_model": "",
        "filter_base_urls": [],
    }
    stored = {"side_by_side": False, "catalog": {}, **alone, **shown, **stored}
    differences = [
        f"{key} is {stored.get(key)!r}, not {asked[key]!r}" for key in asked if asked[key] != stored.get(key)
    ]
    if differences:
        raise RunRefused(
            f"Run {run.name} exists with other settings ({'; '.join(differences)}); give the new run another name"
        )


def _plan(run: Run, cobuys_of: Run | None) -> None:
    """Write down what the run owes: a query, however many calls it will be."""
    limit = run.config["limit"]
    chosen = CoBuy.objects.order_by("id")
    if cobuys_of:
        chosen, limit = chosen.filter(pk__in=cobuys_of.cobuys.values("cobuy")), None
    else:
        chosen = chosen.filter(catalog_of(run).q())
        if run.config["with_images"]:
            chosen = chosen.with_pictures()
    sql, params = chosen.values("id")[:limit].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO distillation_runcobuy (run_id, cobuy_id, n_owed) "  # noqa: S608 - the ORM's own SQL
            f"SELECT %s, id, %s FROM ({sql}) c ORDER BY id",
            [run.pk, run.units_per_cobuy, *params],
        )
        if not cursor.rowcount:
            raise RunRefused(_why_nothing_to_do(run), field="imports")
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
    chosen, words = CoBuy.objects.filter(catalog_of(run).q()), catalog_of(run).words
    of = f" of {words}" if words else ""
    if not chosen.exists():
        return f"The catalog has no co-buy{of}; choose other imports, categories or days"
    return f"No co-buy{of} has a picture of both products; import pictures, or start the run with --no-images"


def run_wait(*, run: Run, why: str) -> None:
    """The run stays running, its work can't go on now; the sweep tries again."""
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(message=why[:500])


def run_pause(*, run: Run, why: str = "") -> None:
    """Calls in flight end and are written; no new one is made."""
    _move(run, Run.State.PAUSED, of=(Run.State.RUNNING,), only="only a running run can be paused", message=why[:500])


def run_resume(
    *, run: Run, base_urls: Sequence[str] = (), servers: Mapping[str, Any] | None = None, any_server: bool = False
) -> None:
    """A run that is running already goes on; who asks may mean to wake it. Its servers are asked anew what they can
    do, unless it is known."""
    states = (Run.State.RUNNING, Run.State.PAUSED, Run.State.CANCELLED)
    changes = {"base_urls": list(base_urls), "any_server": any_server} if base_urls else {}
    only = "only a paused or cancelled run can be resumed; retry_failed asks again for what failed"
    _move(run, Run.State.RUNNING, of=states, only=only, message="", servers=dict(servers or {}), **changes)


def run_cancel(*, run: Run, why: str = "") -> None:
    """What is done stays; only run_resume takes the rest up again."""
    states = (Run.State.RUNNING, Run.State.PAUSED)
    _move(run, Run.State.CANCELLED, of=states, only="only a running or paused run can be cancelled", message=why[:500])


@transaction.atomic
def _move(run: Run, state: str, *, of: Sequence[str], only: str, **changes: object) -> None:
    stored = Run.objects.select_for_update().get(pk=run.pk)  # a worker may be about to end it
    if stored.state not in of:
        raise RunRefused(f"Run {run.name} is {stored.state}: {only}")
    for field, value in {"state": state, **changes}.items():
        setattr(run, field, value)
    run.save(update_fields=["state", *changes])


@transaction.atomic
def run_retry_failed(*, run: Run, reasons: Collection[str] = (), every: bool = False) -> int:
    """How many failures are forgotten, to be asked again: those named, or every one, or all that can succeed.
    Units of co-buys that a worker has in hand stay as they are: it counts what they owe at this moment. A run that
    was paused before anything failed just goes on."""
    states = (Run.State.RUNNING, Run.State.PAUSED, Run.State.DONE)
    only, paused = "resume it before what failed in it is asked again", run.state == Run.State.PAUSED
    _move(run, Run.State.RUNNING, of=states, only=only, message="", finished_at=None)
    failures = Failure.objects.filter(run=run)
    chosen = for_retry(reasons=reasons, every=every)
    features = failures.filter(chosen, step=Failure.Step.FEATURE).delete()[0]
    units = failures.filter(chosen | no_longer_blocked(run)).exclude(step=Failure.Step.FEATURE)
    forgotten = features + _owe_again(run, units)
    if not forgotten and not (paused and run.cobuys.filter(n_owed__gt=0).exists()):
        raise RunRefused(f"Run {run.name} has no such failure that could be asked again now; see run_status {run.name}")
    return forgotten


def _owe_again(run: Run, units: QuerySet[Failure]) -> int:
    free = RunCoBuy.objects.filter(run=run, cobuy__in=units.values("cobuy")).exclude(claimed_until__gt=Now())
    cobuys = list(free.select_for_update(skip_locked=True).values_list("cobuy", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM distillation_failure WHERE id = ANY(%(failures)s) RETURNING cobuy_id),
            owed AS (
                UPDATE distillation_runcobuy c SET n_owed = c.n_owed + g.n
                FROM (SELECT cobuy_id, count(*) AS n FROM gone GROUP BY cobuy_id) g
                WHERE c.run_id = %(run)s AND c.cobuy_id = g.cobuy_id
            )
            SELECT count(*) FROM gone
            """,
            {"run": run.pk, "failures": list(units.filter(cobuy__in=cobuys).values_list("pk", flat=True))},
        )
        return cursor.fetchone()[0]


def run_finish_if_done(*, run: Run) -> bool:
    return bool(
        Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)
        .exclude(cobuys__n_owed__gt=0)
        .update(state=Run.State.DONE, message="", finished_at=Now())
    )
