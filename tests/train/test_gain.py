"""The whole circle with real trainings and a server of known answers: killed in each step, and through in one go."""

import time
import zlib
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from distillation.models import Run, Verdict
from research.models import EvaluationAnswer, Gain, TrainingPoint
from tests.distillation.builders import finished_run
from tests.distillation.odd_server import Told, completion, serves, serving
from tests.killing import child
from tests.research.questions.builders import row, written
from tests.train.builders import PYTHON, base_made, data_written

pytestmark = pytest.mark.django_db(transaction=True)
ARMS = ("method", "random", "shuffled")
QUESTIONS = 60


@pytest.fixture
def place(settings, tmp_path: Path) -> Path:
    settings.TRAIN_PYTHON, settings.TRAIN_FOLDER = Path(PYTHON), tmp_path / "trainings"
    base_made(tmp_path / "base", data_written(tmp_path / "words"))
    written(tmp_path / "iqa", [row(n) for n in range(QUESTIONS)])
    return tmp_path


@pytest.fixture
def run(transactional_db: None) -> Run:
    made = finished_run(60)
    Verdict.objects.filter(yes=False).update(reason="Too dear.")
    return made


def answered(body: dict[str, Any], n: int) -> Told:
    """By arm and question alone; slowly, so that there is a moment to kill in."""
    time.sleep(0.02)
    arm = body["model"].rpartition(".")[2].rpartition("/")[2]
    letter = "ABCD"[zlib.crc32(f"{arm} {body['messages'][-1]['content']}".encode()) % 4]
    return completion(letter, model=body["model"])


@pytest.fixture
def url(place: Path) -> Iterator[str]:
    names = [str(place / "base"), *(f"{gain}.{arm}" for gain in ("whole", "killed") for arm in ARMS)]
    with serving(answered) as odd:
        odd.models = lambda n: serves(*names)
        yield odd.url


def evaluate_gain(name: str, run: Run, place: Path, url: str) -> None:
    call_command(
        "evaluate_gain", name, run=run.name, base=str(place / "base"), data=place / "iqa", arms="random,shuffled",
        steps=20, log_every=5, save_every=5, batch=4, lr=5e-3, rank=8, max_length=256, base_url=f"{url},2",
        stdout=StringIO(), stderr=StringIO(),
    )  # fmt: skip


def killed_once(work: Callable[[], object], there: Callable[[], bool]) -> None:
    process = child(work)
    process.start()
    while not there():
        assert process.exitcode is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.kill()
    process.join()


def table(name: str) -> list[dict[str, Any]]:
    rows = Gain.objects.get(name=name).results["arms"]
    return [{key: value for key, value in row.items() if key not in ("training", "evaluation")} for row in rows]


def test_killed_in_each_step_it_comes_to_the_same_table(run: Run, place: Path, url: str) -> None:
    evaluate_gain("whole", run, place, url)

    def work() -> None:
        evaluate_gain("killed", run, place, url)

    exported = place / "trainings/killed.data/all/method"
    killed_once(work, exported.exists)
    killed_once(work, TrainingPoint.objects.filter(training__name="killed.random", step=10).exists)
    killed_once(work, EvaluationAnswer.objects.filter(evaluation__name="killed.method").exists)
    work()
    assert table("killed") == table("whole")
    assert [(row["arm"], row["steps"]) for row in table("whole")] == [(arm, 20) for arm in ARMS]
    assert len({row["records"] for row in table("whole")}) == 1
