"""The trainer's process: started, listened to, told to stop. Its Python is one of its own (`make setup-train`)."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from research.models import Training
from research.trainings.refusals import TrainingRefused
from research.trainings.services import (
    events_write,
    training_claim,
    training_end,
    training_return_dead,
    training_seen,
)
from research.trainings.trainer.control import STOP
from research.trainings.trainer.events import read_events
from research.trainings.trainer.spec import EVENTS, LOG, Spec

LOOK_S, SHOW_S = 0.25, 3.0
State = Training.State
Heard = Callable[[list[dict[str, Any]]], object]


def environment_check() -> None:
    """Raises TrainingRefused where this machine can't train."""
    if not Path(settings.TRAIN_PYTHON).is_file():
        raise TrainingRefused(
            f"There is no Python to train with at {settings.TRAIN_PYTHON}: run make setup-train on this machine, or "
            "leave it to a worker that has one (manage.py worker --queue train there)"
        )


def training_run(
    *, training: Training, worker: str, by_worker: bool = False, heard: Heard = lambda events: None
) -> Training:
    """Trains to the end, or until it is paused or cancelled. Raises TrainingRefused where it can't be begun."""
    environment_check()
    with _alone(training):
        if not training_claim(training=training, worker=worker, by_worker=by_worker):
            raise TrainingRefused(_taken(training))
        folder = Path(training.folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            Spec.of(training.config).write(folder)
        except OSError as error:
            why = f"{folder} can't be written: {error.strerror}"
            training_end(training=training, state=State.STOPPED, message=why)
            raise TrainingRefused(why) from error
        return _Supervisor(training, folder, heard).run()


@contextmanager
def _alone(training: Training) -> Iterator[None]:
    """A lock that the database gives back when its holder dies: who gets it while a training is said to be under way
    knows that nobody trains it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('training_run'), %s)", [training.pk])
        if not cursor.fetchone()[0]:
            training.refresh_from_db()
            raise TrainingRefused(_taken(training))
    try:
        training_return_dead(training=training)
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('training_run'), %s)", [training.pk])


def _taken(training: Training) -> str:
    by = f" by {training.worker}" if training.worker else ""
    return f"Training {training.name} is {training.get_state_display()}{by}: it can't be taken now"


class _Supervisor:
    def __init__(self, training: Training, folder: Path, heard: Heard) -> None:
        self.training, self.heard = training, heard
        self.events, self.log = folder / EVENTS, folder / LOG
        before, self.offset = read_events(self.events)
        events_write(training=training, events=before, heard_before=True)
        self.last: dict[str, Any] = {}
        self.shown = time.monotonic()

    def run(self) -> Training:
        folder = self.events.parent
        command = [str(settings.TRAIN_PYTHON), "-m", "research.trainings.trainer.main", str(folder)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )
        try:
            while process.poll() is None:
                self._listen()
                self._obey(process)
                time.sleep(LOOK_S)
        except KeyboardInterrupt:
            training_end(training=self.training, state=State.PAUSED, message="Paused at the keyboard.")
            _tell_stop(process)
            process.wait()
        finally:
            if process.poll() is None:
                _tell_stop(process)  # it ends with a checkpoint, whatever became of us
        self._listen()
        return self._ended(process.returncode)

    def _listen(self) -> None:
        events, self.offset = read_events(self.events, self.offset)
        if events:
            events_write(training=self.training, events=events)
            self.last = next((event for event in reversed(events) if event["event"] in ENDS), self.last)
            self.heard(events)

    def _obey(self, process: subprocess.Popen[bytes]) -> None:
        if (since := time.monotonic() - self.shown) < SHOW_S:
            return
        self.shown = time.monotonic()
        state = training_seen(training=self.training, seconds=since)
        if state == State.CANCELLED:
            os.killpg(process.pid, signal.SIGKILL)
        elif state != State.RUNNING:
            _tell_stop(process)

    def _ended(self, code: int) -> Training:
        training_seen(training=self.training, seconds=time.monotonic() - self.shown)
        event = self.last.get("event", "")
        if event == "done":
            return training_end(training=self.training, state=State.DONE)
        if event in ("refused", "failed"):
            return training_end(training=self.training, state=State.STOPPED, message=self.last["why"])
        if event == "stopped":
            return training_end(training=self.training, state=State.PAUSED)
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        told = f"The process ended at step {self.training.step} ({how}; its log: {self.log})"
        return training_end(training=self.training, state=State.STOPPED, message=told)


ENDS = ("done", "refused", "failed", "stopped")


def _tell_stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is None or process.stdin.closed:
        return
    try:
        process.stdin.write(f"{STOP}\n".encode())
        process.stdin.close()
    except BrokenPipeError:
        pass
