from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from distillation.models import Worker
from research.models import Training
from research.tasks import train
from research.trainings.refusals import TrainingRefused
from research.trainings.services import (
    events_write,
    training_cancel,
    training_claim,
    training_end,
    training_pause,
    training_resume,
    trainings_return_lost,
)
from research.trainings.waking import takers_words
from tests.research.trainings.builders import CHAT, DONE, STARTED, data, loss, training

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def place(settings, tmp_path: Path) -> None:
    settings.TRAIN_FOLDER = tmp_path / "trainings"


def test_a_step_computed_again_is_one_point(tmp_path: Path) -> None:
    made = training(tmp_path)
    events_write(training=made, events=[STARTED, loss(5, 2.0), {"event": "checkpoint", "at": 5.0, "step": 5}])
    events_write(training=made, events=[{"event": "resumed", "at": 6.0, "step": 0, "damaged": []}, loss(5, 1.5, at=7)])
    assert list(made.points.values_list("step", "loss")) == [(5, 1.5)]
    assert (made.step, made.steps, made.facts["resumed_at"]) == (5, 20, [0])


def test_what_was_heard_before_is_told_once(tmp_path: Path) -> None:
    made = training(tmp_path)
    damaged = {"event": "resumed", "at": 6.0, "step": 10, "damaged": [[20, "optimizer.pt is missing"]]}
    events_write(training=made, events=[damaged])
    events_write(training=made, events=[damaged], heard_before=True)
    said = ["Checkpoint 20 is damaged (optimizer.pt is missing); went back to 10."]
    assert list(made.notes.values_list("text", flat=True)) == said


def test_one_of_two_takes_it(tmp_path: Path) -> None:
    made = training(tmp_path)
    assert training_claim(training=made, worker="one", by_worker=False)
    assert not training_claim(training=made, worker="two", by_worker=False)
    assert made.worker == "one"


def test_a_worker_takes_only_what_waits(tmp_path: Path) -> None:
    made = training(tmp_path)
    assert not training_claim(training=made, worker="train.w@h", by_worker=True)
    training_resume(training=made)
    assert training_claim(training=made, worker="train.w@h", by_worker=True)


@pytest.mark.parametrize(("by_worker", "state"), [(True, "waiting"), (False, "stopped")])
def test_whose_trainer_is_gone(tmp_path: Path, by_worker: bool, state: str) -> None:
    made = training(tmp_path)
    training_resume(training=made)
    training_claim(training=made, worker="train.w@h", by_worker=by_worker)
    assert trainings_return_lost() == 0
    Training.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert trainings_return_lost() == 1
    made.refresh_from_db()
    assert made.state == state and "was not heard of any more" in made.message


def test_a_pause_asked_for_meanwhile_stands(tmp_path: Path) -> None:
    made = training(tmp_path)
    training_claim(training=made, worker="one", by_worker=False)
    training_pause(training=made, why="Paused by rosa.")
    assert training_end(training=made, state=Training.State.STOPPED, message="signal 9").message == "Paused by rosa."
    assert training_end(training=made, state=Training.State.DONE).state == "done"
    with pytest.raises(TrainingRefused, match="is done: there is nothing to cancel"):
        training_cancel(training=made)


def test_the_same_name_goes_on_only_with_the_same_settings(tmp_path: Path) -> None:
    made = training(tmp_path)
    assert training(tmp_path).pk == made.pk
    with pytest.raises(TrainingRefused, match="is there with rank 16, not 8"):
        training(tmp_path, rank=8)


def finetune(*names: str, **options: object) -> str:
    call_command("finetune", *names, stdout=(out := StringIO()), stderr=StringIO(), **options)
    return out.getvalue()


def test_no_python_to_train_with_says_what_to_do(tmp_path: Path, settings) -> None:
    settings.TRAIN_PYTHON = tmp_path / "none"
    with pytest.raises(CommandError, match="run make setup-train on this machine"):
        finetune("t", data=data(tmp_path), base="tiny")
    assert not Training.objects.exists()


def test_what_the_trainer_refuses_is_said_by_the_command(tmp_path: Path, settings, this_python) -> None:
    """A real process, which ends before it would load torch."""
    settings.TRAIN_PYTHON = this_python
    with pytest.raises(CommandError, match=r"train.jsonl, line 1: it has pictures \(images\)"):
        finetune("t", data=data(tmp_path, {**CHAT, "images": []}), base="tiny")
    made = Training.objects.get()
    assert (made.state, made.notes.count()) == ("stopped", 2)  # taken, refused


def test_left_to_a_worker_of_the_queue(tmp_path: Path, settings, this_python) -> None:
    settings.TRAIN_PYTHON = this_python
    assert "waiting for a worker" in finetune("t", data=data(tmp_path, {"text": ""}), base="tiny", queue=True)
    train(Training.objects.get().pk)
    made = Training.objects.get()
    assert made.state == "stopped" and made.by_worker and "messages must be a list" in made.message


def test_who_can_take_it(tmp_path: Path) -> None:
    made = training(tmp_path)
    Worker.objects.create(name="celery@a", seen_at=timezone.now())
    assert "manage.py worker --queue train" in takers_words(made)
    Worker.objects.create(name="train.celery@gpu-1", seen_at=timezone.now())
    assert takers_words(made) == "Taken next by train.celery@gpu-1."
    assert list(Worker.objects.alive().values_list("name", flat=True)) == ["celery@a"]


def test_a_training_that_is_done_is_not_done_again(tmp_path: Path, settings, this_python) -> None:
    settings.TRAIN_PYTHON = this_python
    made = training(tmp_path)
    events_write(training=made, events=[STARTED, DONE])
    training_end(training=made, state=Training.State.DONE)
    assert f"--enable-lora --max-lora-rank 16 --lora-modules t={made.adapter}" in finetune("t", resume=True)
