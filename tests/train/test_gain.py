"""The whole circle with real trainings: killed in each step it comes to the table of one that ran through."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from distillation.models import Run, Verdict
from research.gains.serving import served
from research.models import Evaluation, EvaluationAnswer, Gain, TrainingPoint
from tests.distillation.builders import finished_run
from tests.killing import child
from tests.research.questions.builders import row, written
from tests.train.builders import PYTHON, VLLM, base_made, data_written, vllm_is_small

pytestmark = pytest.mark.django_db(transaction=True)
ARMS = ("method", "random", "shuffled")
KNOWN = f"{sys.executable} -m tests.train.known_server"
QUESTIONS = 60


@pytest.fixture
def place(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    vllm_is_small(settings, monkeypatch)
    settings.TRAIN_PYTHON, settings.TRAIN_FOLDER = Path(PYTHON), tmp_path / "trainings"
    base_made(tmp_path / "base", data_written(tmp_path / "words"))
    written(tmp_path / "iqa", [row(n) for n in range(QUESTIONS)])
    return tmp_path


@pytest.fixture
def run(transactional_db: None) -> Run:
    made = finished_run(60)
    Verdict.objects.filter(yes=False).update(reason="Too dear.")
    return made


def evaluate_gain(name: str, run: Run, place: Path, url: str = "") -> None:
    call_command(
        "evaluate_gain", name, run=run.name, base=str(place / "base"), data=place / "iqa", arms="random,shuffled",
        steps=20, log_every=5, save_every=5, batch=4, lr=5e-3, rank=8, max_length=1024, base_url=url,
        stdout=StringIO(), stderr=StringIO(),
    )  # fmt: skip


def table(name: str) -> list[dict[str, Any]]:
    rows = Gain.objects.get(name=name).results["arms"]
    return [{key: value for key, value in row.items() if key not in ("training", "evaluation")} for row in rows]


class Killed:
    """The gain of this name, in a process of its own that is killed where a test says."""

    def __init__(self, run: Run, place: Path) -> None:
        self.work = lambda: evaluate_gain("killed", run, place)
        self.folder = place / "trainings/killed.data"

    def once(self, there: Callable[[], object]) -> None:
        process = child(self.work)
        process.start()
        while not there():
            assert process.exitcode is None, "it ended before it could be killed"
            time.sleep(0.01)
        process.kill()
        process.join()

    def while_comparing(self) -> None:
        """At its last statement, which waits here and has to die with it, or it would be carried out all the same."""
        process = child(self.work)
        process.start()
        until(self.asks("shuffled"))
        with transaction.atomic(), connection.cursor() as cursor:
            Gain.objects.select_for_update().get(name="killed")
            until(waiting := lambda: cursor.execute("SELECT pid FROM pg_locks WHERE NOT granted").fetchone())
            process.kill()
            process.join()
            cursor.execute("SELECT pg_terminate_backend(%s)", waiting())
        assert Evaluation.objects.filter(state="done").count() == 2 * (1 + len(ARMS))

    def asks(self, arm: str) -> Callable[[], bool]:
        return EvaluationAnswer.objects.filter(evaluation__name=f"killed.{arm}").exists

    def in_each_step(self) -> Iterator[str]:
        self.once(lambda: any((self.folder / "all").glob("*")))
        yield "export"
        self.once(TrainingPoint.objects.filter(training__name="killed.random", step=10).exists)
        yield "train"
        self.once(lambda: servers(self.folder))
        yield "serve"
        self.once(self.asks("base"))
        yield "evaluate before"
        self.once(self.asks("random"))
        yield "evaluate after"
        self.while_comparing()
        yield "compare"


def servers(folder: Path) -> set[int]:
    log = folder / "server.log"
    return {int(pid) for pid in re.findall(r"\bpid[ =](\d+)", log.read_text())} if log.exists() else set()


def until(there: Callable[[], object]) -> None:
    for _ in range(60_000):
        if there():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that in ten minutes")


def runs_still(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def of_known_answers(run: Run, place: Path) -> None:
    """At a server that runs already; the killed one starts its own."""
    adapters = {f"whole.{arm}": place for arm in ARMS}
    with served(str(place / "base"), adapters, 8, place / "log") as url:
        evaluate_gain("whole", run, place, f"{url},2")


def of_vllm(run: Run, place: Path) -> None:
    evaluate_gain("whole", run, place)


@pytest.mark.parametrize(
    ("vllm", "whole"),
    [
        pytest.param(KNOWN, of_known_answers, id="known answers"),
        pytest.param(VLLM, of_vllm, id="vLLM", marks=pytest.mark.skipif(not VLLM, reason="no vLLM here")),
    ],
)
def test_killed_in_each_step_it_comes_to_the_same_table(
    settings, run: Run, place: Path, vllm: str, whole: Callable[[Run, Path], None]
) -> None:
    settings.VLLM_COMMAND = vllm
    settings.VLLM_ARGUMENTS = "" if vllm == KNOWN else settings.VLLM_ARGUMENTS
    whole(run, place)
    killed = Killed(run, place)
    for step in killed.in_each_step():
        assert not Gain.objects.get(name="killed").results, f"killed too late in {step}"
    killed.work()
    assert table("killed") == table("whole")
    assert [(row["arm"], row["steps"]) for row in table("whole")] == [(arm, 20) for arm in ARMS]
    assert len({row["records"] for row in table("whole")}) == 1
    started = servers(killed.folder)
    until(lambda: not any(map(runs_still, started)))
    assert started
