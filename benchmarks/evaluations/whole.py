"""Both tasks, zero-shot and chain of thought, all scored questions, with and without faults; then the speed."""

import asyncio
import time
from pathlib import Path

from benchmarks.bars import at_least, holds, show
from benchmarks.evaluations.dummy import said
from benchmarks.evaluations.main import DELAY_MS, IN_FLIGHT, ROUNDS, dummy, plain
from research.evaluations.asking import Asked
from research.evaluations.results import results_of
from research.evaluations.services import Settings, evaluation_ask, evaluation_start, owed
from research.evaluations.sets import question_set_load
from research.models import Evaluation
from research.questions.prompts import prompt


def started(name: str, data: Path, url: str, mode: str) -> Evaluation:
    questions, tasks = question_set_load(benchmark="intentionqa", data=data, task="both")
    settings = Settings.of(mode=mode, tasks=tasks)
    return evaluation_start(
        name=name, question_set=questions, settings=settings, backend="openai", model="dummy", base_urls=[url]
    )[0]


def prompts(evaluation: Evaluation) -> list[str]:
    return [prompt(asked.question, evaluation.mode) for asked in owed(evaluation)]


def expected(todo: list[Asked], mode: str, task: str) -> tuple[float, float]:
    """(strict, lenient): worked out from what the server says of each prompt, apart from the product's reading."""
    of_task = [asked.question for asked in todo if asked.question.task == task]
    told = [(said(prompt(question, mode)), question.gold) for question in of_task]
    n = len(told)
    return sum(strict == gold for (_, strict, _), gold in told) / n, sum(m == gold for (_, _, m), gold in told) / n


def measured(data: Path, part: str | None) -> list[bool]:
    met = []
    for mode in ("zero-shot", "cot") if part in (None, "accuracies") else ():
        for faults in (0.0, 0.05):
            met += accuracies(data, mode, faults)
    return [*met, speed(data)] if part in (None, "speed") else met


def accuracies(data: Path, mode: str, faults: float) -> list[bool]:
    with dummy(faults) as url:
        evaluation = started(f"{mode}-{faults}", data, url, mode)
        todo = owed(evaluation)
        results = results_of(evaluation_ask(evaluation=evaluation))
    met = []
    for task in results.tasks:
        strict, lenient = expected(todo, mode, task.task)
        same = abs(task.strict.value - strict) < 1e-12 and abs(task.lenient.value - lenient) < 1e-12
        words = f"{mode}, {task.task}, {faults:.0%} faults: strict and lenient as worked out apart"
        told = f"{task.strict.value:.4f} and {task.lenient.value:.4f} of {task.scored:,}"
        met.append(show(holds(words, same), told))
    sums = sum(task.scored + task.failed for task in results.tasks)
    whole = holds(f"{mode}, {faults:.0%} faults: scored and failed are all that was asked", sums == len(todo))
    met.append(show(whole, f"{sums:,} of {len(todo):,}"))
    return met


def speed(data: Path) -> bool:
    """Questions a second, rounds taken in turn; the best round of each counts, as others work on the machine."""
    ours, theirs = [], []
    for k in range(ROUNDS):
        with dummy() as url:
            evaluation = started(f"speed-{k}", data, url, "zero-shot")
            asked = prompts(evaluation)
            began = time.perf_counter()
            asyncio.run(plain(url, asked))
            theirs.append(len(asked) / (time.perf_counter() - began))
            began = time.perf_counter()
            evaluation_ask(evaluation=evaluation)
            ours.append(len(asked) / (time.perf_counter() - began))
    ratio = max(ours) / max(theirs)
    row = at_least(f"questions/s over the plain client's, {IN_FLIGHT} in flight, {DELAY_MS} ms", ratio, 0.9)
    return show(row, f"{max(ours):.0f} of {max(theirs):.0f}")
