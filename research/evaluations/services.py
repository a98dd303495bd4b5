"""An evaluation: started, gone on with, its answers written. All writes are here."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from common.rows import row_going_on
from distillation.lvlm.base import Backend, BackendAway, Unfit
from distillation.lvlm.openai.abilities import Abilities
from distillation.lvlm.openai.address import url_and_limit
from distillation.lvlm.places import Places
from distillation.models import Run
from distillation.pipeline.brake import FailingAlike
from distillation.runs.servers import run_backend, run_places
from research.evaluations.asking import Answered, Asked, Asker, Manner
from research.evaluations.refusals import EvaluationRefused
from research.models import Evaluation, QuestionSet
from research.models.evaluations import RAW_KEPT
from research.questions.letters import lenient, strict
from research.questions.prompts import MODES, drawn_order

EMPTY = "empty"  # the official run takes it for an answer that can't be read
# A text model: nothing of pictures or probabilities is asked for.
TEXT_ONLY = Abilities(pictures=0, uuids=False, top_logprobs=0, choice="")
WRITE = """
    INSERT INTO research_evaluationanswer
        (evaluation_id, question_id, sample, "order", raw, strict, lenient, failure, detail, model,
         calls, prompt_tokens, cached_tokens, completion_tokens)
    SELECT * FROM json_to_recordset(%s) AS answered
        (evaluation_id bigint, question_id bigint, sample smallint, "order" text, raw text, strict text, lenient text,
         failure text, detail text, model text,
         calls integer, prompt_tokens integer, cached_tokens integer, completion_tokens integer)
    ON CONFLICT DO NOTHING
"""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    tasks: tuple[str, ...]
    mode: str
    samples: int
    temperature: float
    max_tokens: int
    options_only: bool = False
    shuffle: int | None = None  # the seed of the orders
    seed: int | None = None
    limit: int | None = None

    @classmethod
    def of(cls, *, mode: str, tasks: Sequence[str], **more: Any) -> "Settings":
        """Those of the official run, save what is given. Raises EvaluationRefused."""
        official = MODES[mode]
        if (limit := more.get("limit")) is not None and limit < 1:
            raise EvaluationRefused(f"--limit {limit}: give a number of questions of at least 1")
        return cls(
            tasks=tuple(tasks), mode=mode, samples=official.samples, temperature=official.temperature,
            max_tokens=official.max_tokens, **more,
        )  # fmt: skip

    def as_config(self) -> dict[str, Any]:
        return {**asdict(self), "tasks": list(self.tasks)}


@transaction.atomic
def evaluation_start(
    *,
    name: str,
    question_set: QuestionSet,
    settings: Settings,
    backend: str,
    model: str,
    base_urls: Sequence[str],
    created_by: User | None = None,
) -> tuple[Evaluation, bool]:
    """(evaluation, whether it is new). One that is there goes on, if it was asked for with what it has."""
    _refuse_what_is_no_address(base_urls)
    new = Evaluation(name=name, question_set=question_set, backend=backend, model=model, created_by=created_by)
    new.config, new.base_urls, new.questions = settings.as_config(), list(base_urls), 0
    but = ("created_by", "question_set", "base_urls", "servers")
    there = row_going_on(new, but=but, asked=_asked_for, refused=EvaluationRefused)
    if there is None:
        new.questions = new.asked().count()
        if not new.questions:
            raise EvaluationRefused("None of these questions is scored: there is nothing to ask")
        new.save()
        return new, True
    there.base_urls = new.base_urls
    Evaluation.objects.filter(pk=there.pk).update(base_urls=there.base_urls)
    return there, False


def _refuse_what_is_no_address(base_urls: Sequence[str]) -> None:
    try:
        for url in base_urls:
            url_and_limit(url, 1)
    except ValueError as error:
        raise EvaluationRefused(f"--base-url: {error}") from error


def _asked_for(evaluation: Evaluation) -> dict[str, Any]:
    questions = str(evaluation.question_set)
    return {"questions": questions, "backend": evaluation.backend, "model": evaluation.model, **evaluation.config}


def evaluation_forget_failed(*, evaluation: Evaluation) -> int:
    """So that they are asked again; how many."""
    return evaluation.answers.exclude(failure__in=("", EMPTY)).delete()[0]


def evaluation_ask(*, evaluation: Evaluation, progress: Progress | None = None) -> Evaluation:
    """Asks what is owed. What was answered stays, whatever happens. Raises EvaluationRefused where it can't go on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('evaluation_ask'), %s)", [evaluation.pk])
        if not cursor.fetchone()[0]:
            raise EvaluationRefused(f"{evaluation.name} is being asked by another command: wait for it, or stop it")
    try:
        return _ask(evaluation, progress or (lambda done, of: None))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('evaluation_ask'), %s)", [evaluation.pk])


def _ask(evaluation: Evaluation, progress: Progress) -> Evaluation:
    todo, began = owed(evaluation), time.monotonic()
    done = evaluation.answers_owed - len(todo)
    _move(evaluation, Evaluation.State.RUNNING)
    why = "Stopped before the end: give the same command again to go on"
    try:
        backend, places = evaluation_backend(evaluation)
        for batch in Asker(backend, places, manner_of(evaluation), todo).batches() if todo else ():
            answers_write(evaluation=evaluation, batch=batch)
            done += len(batch)
            progress(done, evaluation.answers_owed)
        why = ""
        Evaluation.objects.filter(pk=evaluation.pk).update(servers=dict(backend.known))
    except (BackendAway, Unfit, FailingAlike) as error:
        why = f"{error} {why}."
        raise EvaluationRefused(f"{evaluation.name}, {done:,} of {evaluation.answers_owed:,} answers: {why}") from error
    finally:
        Evaluation.objects.filter(pk=evaluation.pk).update(seconds=F("seconds") + time.monotonic() - began)
        _move(evaluation, Evaluation.State.STOPPED if why else Evaluation.State.DONE, why)
    evaluation.refresh_from_db()
    return evaluation


def owed(evaluation: Evaluation) -> list[Asked]:
    """By what the prompts begin with, so that questions with a beginning in common follow one another."""
    answered = set(evaluation.answers.values_list("question_id", "sample"))
    seed = evaluation.config.get("shuffle")
    todo = []
    # Not by the database: comparing long texts by a language's rules takes it as long as a tenth of the calls.
    for row in sorted(evaluation.asked(), key=lambda each: (each.task, each.stem, each.pk)):
        question = row.record()
        order = "" if seed is None else drawn_order(question, seed)
        shown = question.shuffled(order) if order else question
        todo += [Asked(row.pk, k, order, shown) for k in range(evaluation.samples) if (row.pk, k) not in answered]
    return todo


def manner_of(evaluation: Evaluation) -> Manner:
    names = ("mode", "temperature", "max_tokens", "options_only", "seed")
    return Manner(**{name: evaluation.config[name] for name in names})


def evaluation_backend(evaluation: Evaluation) -> tuple[Backend, Places]:
    """The pipeline's own client. Raises Unfit."""
    try:
        urls = [str(url_and_limit(url, settings.LVLM_IN_FLIGHT)[0]) for url in evaluation.base_urls]
    except ValueError as error:
        raise Unfit(str(error)) from error
    known = {url: evaluation.servers.get(url) or TEXT_ONLY.as_dict() for url in urls}
    run = Run(backend=evaluation.backend, model=evaluation.model, base_urls=evaluation.base_urls, servers=known)
    run.any_server = True  # evaluations are asked for by command alone
    if evaluation.backend != "openai":
        run.model = ""
    places = run_places(run)
    return run_backend(run, places), places


def answers_write(*, evaluation: Evaluation, batch: Sequence[Answered]) -> None:
    """In one statement with one parameter: row by row would take as long as the calls themselves."""
    rows = [_row(evaluation, answered) for answered in batch]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [orjson.dumps(rows).decode()])


def _row(evaluation: Evaluation, answered: Answered) -> dict[str, Any]:
    asked, reply = answered.asked, answered.reply
    failure = reply.error
    text = "" if failure else reply.text
    return {
        "evaluation_id": evaluation.pk,
        "question_id": asked.id,
        "sample": asked.sample,
        "order": asked.order,
        "raw": _storable(text[:RAW_KEPT]),
        "strict": _storable(strict(text, evaluation.mode).strip()),
        "lenient": lenient(text, asked.question.options, evaluation.mode).strip(),
        "failure": failure.reason[:40] if failure else "",
        "detail": _storable(failure.detail) if failure else "",
        "model": _storable(reply.model[:200]),
        "calls": reply.usage.calls,
        "prompt_tokens": reply.usage.prompt_tokens,
        "cached_tokens": reply.usage.cached_tokens,
        "completion_tokens": reply.usage.completion_tokens,
    }


def _storable(text: str) -> str:
    """PostgreSQL holds no NUL, and UTF-8 no lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _move(evaluation: Evaluation, state: str, why: str = "") -> None:
    finished = timezone.now() if state == Evaluation.State.DONE else None
    Evaluation.objects.filter(pk=evaluation.pk).update(state=state, message=why[:500], finished_at=finished)
