"""A benchmark of eight questions a task, evaluated against a real server over HTTP that answers as it is told."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from research.evaluations.services import Settings, evaluation_ask, evaluation_start
from research.evaluations.sets import question_set_load
from research.models import Evaluation, QuestionSet
from tests.distillation.odd_server import OddServer, Told, completion, serves, serving
from tests.research.questions.builders import row, written

Answerer = Callable[[str], str | Told]
QUESTIONS = 8


def number(prompt: str) -> int:
    """Of the question: its options are "because of A 5."."""
    return int(re.findall(r"because of A (\d+)", prompt)[0])


def gold(n: int) -> str:
    return "ABCD"[n % 4]


def right(prompt: str) -> str:
    return gold(number(prompt))


@contextmanager
def server(answers: Answerer, model: str = "m") -> Iterator[OddServer]:
    def manner(body: dict[str, Any], n: int) -> Told:
        told = answers(body["messages"][-1]["content"])
        return completion(told, model=model) if isinstance(told, str) else told

    with serving(manner) as odd:
        odd.models = lambda n: serves(model, "other")
        yield odd


def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "iqa", [row(n) for n in range(QUESTIONS)])


def started(data: Path, url: str, *, name: str = "base", model: str = "m", task: str = "1", **more: Any) -> Evaluation:
    questions, tasks = question_set_load(benchmark="intentionqa", data=data, task=task)
    settings = Settings.of(mode=more.pop("mode", "zero-shot"), tasks=tasks, **more)
    return evaluation_start(
        name=name, question_set=questions, settings=settings, backend="openai", model=model, base_urls=[url]
    )[0]


def evaluated(tmp_path: Path, answers: Answerer = right, **more: Any) -> Evaluation:
    with server(answers) as odd:
        return evaluation_ask(evaluation=started(folder(tmp_path), odd.url, **more))


def evaluation_row(name: str = "base") -> Evaluation:
    """One that was started, with nothing answered."""
    made = QuestionSet.objects.create(name="intentionqa", digest="0" * 64)
    config = Settings.of(mode="zero-shot", tasks=["understanding"]).as_config()
    return Evaluation.objects.create(
        name=name, question_set=made, backend="openai", model="m", config=config, questions=2
    )
