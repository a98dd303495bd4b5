"""The model servers of a run: opened as the operator allows, and asked what they can do before it starts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings

from distillation.lvlm import make_backend
from distillation.lvlm.base import Backend, BackendAway, Busy, Unfit
from distillation.lvlm.openai.abilities import Abilities
from distillation.lvlm.openai.address import refuse_unlisted, url_and_limit
from distillation.lvlm.places import Places
from distillation.lvlm.second import WithFilter, of_filter
from distillation.models import Picture, Run
from distillation.pipeline.options import Options
from distillation.pipeline.prompts import PromptError
from distillation.runs.services import RunRefused

if TYPE_CHECKING:  # they load an HTTP client, and each page that names a server would wait for it
    from distillation.lvlm.openai.backend import OpenAIBackend
    from distillation.lvlm.openai.probe import Report

MODELS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Checked:
    model: str
    servers: dict[str, Any] = field(default_factory=dict)  # what was found out of each
    notes: tuple[str, ...] = ()  # what they can't do, and what that costs


def run_places(run: Run) -> Places:
    """One for each call that its servers take at a time."""
    limits = [url_and_limit(url, settings.LVLM_IN_FLIGHT)[1] for url in run.base_urls]
    return Places(sum(limits) or settings.LVLM_IN_FLIGHT)


def run_backend(run: Run, places: Places | None = None, options: Options | None = None) -> Backend:
    """Raises Unfit where the operator does not allow a server, or has set something that is none."""
    try:
        urls = (run.config or {}).get("filter_base_urls") or run.base_urls
        for url in {*run.base_urls, *urls}:
            refuse_unlisted(url, None if run.any_server else settings.LVLM_HOSTS)
        asked = {"options": options, **(_for_batches(run) if run.is_batched else {"places": places})}
        first = _backend(run.backend, run.model, run.base_urls, known=run.servers, **asked)
        config = run.config or {}
        if not config.get("filter_model"):
            return first
        if run.is_batched:
            raise ValueError("A run in batches asks one model: leave the filter's model out")
        second = _backend(
            "openai", config["filter_model"], urls, known=of_filter(run.servers), options=options, places=places
        )
        return WithFilter(first, second)
    except ValueError as error:
        raise Unfit(str(error)) from error


def _backend(name: str, model: str, base_urls: Sequence[str], **more: Any) -> Backend:
    return make_backend(
        name,
        model=model,
        base_urls=base_urls,
        in_flight=settings.LVLM_IN_FLIGHT,
        timeout_s=settings.LVLM_TIMEOUT,
        api_key=settings.LVLM_API_KEY,
        own_keys=settings.LVLM_API_KEYS,
        proxy=settings.LVLM_PROXY,
        ca_file=settings.LVLM_CA_FILE,
        **more,
    )


def _for_batches(run: Run) -> dict[str, Any]:
    base = settings.LVLM_BATCH_PICTURES.rstrip("/")
    return {
        "folder": settings.LVLM_BATCH_FOLDER / str(run.pk),
        "command": settings.LVLM_BATCH_COMMAND,
        "deletes": settings.LVLM_BATCH_DELETE,
        "most_lines": settings.LVLM_BATCH_LINES,
        "most_bytes": settings.LVLM_BATCH_BYTES,
        "picture_address": (lambda digest: f"{base}/{Picture(digest=digest).name}") if base else None,
    }


def backend_check(
    *, backend: str, model: str, base_urls: Sequence[str], config: Mapping[str, Any], any_server: bool = False
) -> Checked:
    """Refuses, before anything is written, a server that is away, that serves another model, or that can't do what the
    run needs. One that only takes no call now is asked what it can do later. `any_server`: see Run."""
    run = Run(backend=backend, model=model, base_urls=list(base_urls), config=dict(config), any_server=any_server)

    async def check() -> Checked:
        async with run_backend(run, options=Options.from_config(config)) as opened:
            try:
                await opened.check()
            except Busy:
                if not opened.model:
                    raise
            return Checked(opened.model, dict(opened.known), tuple(server_notes(opened.known)))

    try:
        return asyncio.run(check())
    except (BackendAway, Unfit) as error:
        raise RunRefused(str(error), field="base_urls" if base_urls else "model") from error
    except PromptError as error:
        raise RunRefused(str(error), field="prompts") from error


def server_notes(known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"{url}: {cost}" for url, stored in known.items() for cost in Abilities.from_dict(stored).costs()]


def servers_report(
    *,
    model: str,
    base_urls: Sequence[str],
    config: Mapping[str, Any],
    seconds: float | None = None,
    any_server: bool = False,
) -> list[Report]:
    """What each server can do, whatever comes of it. Raises RunRefused for what is no server's address, or where there
    is no answer within so many seconds."""
    run = Run(backend="openai", model=model, base_urls=list(base_urls), any_server=any_server)

    async def report() -> list[Report]:
        async with run_backend(run, options=Options.from_config(config)) as opened, asyncio.timeout(seconds):
            return await cast("OpenAIBackend", opened).reports()

    try:
        return asyncio.run(report())
    except TimeoutError as error:
        raise RunRefused(
            f"The test did not end within {seconds:g} s: check_server in a terminal waits longer"
        ) from error
    except Unfit as error:
        raise RunRefused(str(error)) from error


def report_row(report: Report) -> dict[str, Any]:
    """For pages, the API and --json."""
    stopped = report.problem or report.away or report.lacking
    return {
        "url": report.url,
        "ok": stopped is None,
        "problem": str(stopped or ""),
        "model": report.model,
        "models": None if report.models is None else list(report.models[:MODELS_SHOWN]),
        "costs": [] if report.problem or report.away else list(report.abilities.costs()),
        "abilities": report.abilities.as_dict(),
        "example": report.example,
        "calls": report.calls,
    }


def run_remember(*, run: Run, servers: Mapping[str, Any]) -> None:
    """What its servers turned out to do, so that no worker finds it out again."""
    if servers and run.servers != servers:
        Run.objects.filter(pk=run.pk).update(servers=dict(servers))
