"""A run by a batch server, gone on with as the sweep does."""

from io import StringIO

from django.core.management import call_command
from django.db.models import Sum

from distillation.models import Run, RunTick, Verdict
from distillation.tasks import advance_run
from tests.distillation.batch_server import BatchServer

RELATIONS = "usedFor,isA,can"


def start(server: BatchServer, *words: str, name: str = "r1") -> Run:
    asked = ("--backend", "batch", "--base-url", server.url, "--model", "m", "--relations", RELATIONS)
    call_command("distill", "--run", name, "--no-images", *asked, *words, stdout=StringIO())
    return Run.objects.get(name=name)


def advance(run: Run, times: int = 1) -> Run:
    for _ in range(times):
        advance_run(run.pk)
    run.refresh_from_db()
    return run


def to_the_end(run: Run, most: int = 40) -> Run:
    for _ in range(most):
        if advance(run).state != "running":
            return run
    raise AssertionError(f"still {run.state}: {run.message}")


def told(run: Run) -> list[tuple]:
    return sorted(
        Verdict.objects.filter(intention__run=run).values_list(
            "intention__cobuy", "intention__relation", "intention__text", "yes", "p_yes", "reason", "raw_reply"
        )
    )


def account(run: Run) -> dict[str, int]:
    counted = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "features", "intentions", "verdicts")
    return RunTick.objects.filter(run=run).aggregate(**{name: Sum(name) for name in counted})
