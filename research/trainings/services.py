"""A training: started, moved, and what its trainer said written down. All writes are here."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from common.rows import row_going_on
from research.models import Training, TrainingNote, TrainingPoint
from research.trainings.refusals import TrainingRefused
from research.trainings.trainer.data import TRAIN
from research.trainings.trainer.spec import Spec

State = Training.State
OF_DATA = ("run", "records", "left_out", "excluded_benchmarks", "mix", "split_by")
KINDS = {"loss": TrainingPoint.Kind.TRAIN, "validation": TrainingPoint.Kind.VALIDATION}
ENDED = 500  # characters of a message


@transaction.atomic
def training_start(*, spec: Spec, created_by: User | None = None) -> tuple[Training, bool]:
    """(training, whether it is new). One that is there goes on, if it was asked for with what it has."""
    if problem := spec.problem():
        raise TrainingRefused(problem)
    if not (Path(spec.data) / TRAIN).is_file():
        raise TrainingRefused(f"--data {spec.data}: no {TRAIN} is there; give a folder that export_instructions wrote")
    new = Training(name=spec.name, config=asdict(spec), created_by=created_by)
    new.folder = str(Path(settings.TRAIN_FOLDER) / spec.name)
    but = ("created_by", "folder", "manifest", "facts", "result")
    if there := row_going_on(new, but=but, asked=lambda training: training.config, refused=TrainingRefused):
        return there, False
    new.manifest = _manifest(Path(spec.data))
    new.save()
    return new, True


def _manifest(data: Path) -> dict[str, Any]:
    try:
        made = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: made[name] for name in OF_DATA if name in made} if isinstance(made, dict) else {}


def training_pause(*, training: Training, why: str = "") -> None:
    """It ends at its next logged step, with a checkpoint."""
    _move(training, State.PAUSED, of=(State.WAITING, State.RUNNING), only="only one under way is paused", why=why)


def training_cancel(*, training: Training, why: str = "") -> None:
    """At once, with no further checkpoint; what was written stays, so that it can still be resumed."""
    states = (State.WAITING, State.RUNNING, State.PAUSED, State.STOPPED)
    _move(training, State.CANCELLED, of=states, only="there is nothing to cancel", why=why)


def training_resume(*, training: Training) -> None:
    """It waits for whoever takes it: a worker of the queue, or a command."""
    states = (State.WAITING, State.PAUSED, State.STOPPED, State.CANCELLED)
    _move(training, State.WAITING, of=states, only="it is under way, or done", why="")


@transaction.atomic
def _move(training: Training, state: str, *, of: Sequence[str], only: str, why: str) -> None:
    moved = Training.objects.filter(pk=training.pk, state__in=of).update(state=state, message=why[:ENDED])
    training.refresh_from_db()
    if not moved:
        raise TrainingRefused(f"Training {training.name} is {training.get_state_display()}: {only}")
    if why:
        training_note(training=training, text=why)


def training_claim(*, training: Training, worker: str, by_worker: bool) -> bool:
    """Whether it is this caller's now: of any number that try, one takes it."""
    free = (
        Q(state__in=(State.WAITING, State.PAUSED, State.STOPPED, State.CANCELLED))
        if not by_worker
        else Q(state=State.WAITING)
    )
    taken = Training.objects.filter(free | Q(pk__in=Training.objects.lost()), pk=training.pk).update(
        state=State.RUNNING, message="", worker=worker, by_worker=by_worker, seen_at=Now(), finished_at=None
    )
    training.refresh_from_db()
    if taken:
        training_note(training=training, text=f"Taken by {worker}.")
    return bool(taken)


def trainings_return_lost() -> int:
    """Those whose worker or command is gone: a worker's wait for the next one, a command's are said to have stopped."""
    return sum(_return(training, Training.objects.lost()) for training in Training.objects.lost())


def training_return_dead(*, training: Training) -> None:
    """Only who holds its lock calls this: it is said to be under way, and nobody is there."""
    training.refresh_from_db()
    _return(training, Training.objects.filter(state=State.RUNNING))


def _return(training: Training, those: "QuerySet[Training]") -> int:
    told = f"{training.worker} was not heard of any more at step {training.step}"
    state = State.WAITING if training.by_worker else State.STOPPED
    n = those.filter(pk=training.pk).update(state=state, message=told[:ENDED])
    if n:
        training_note(training=training, text=f"{told}. It goes on from checkpoint {training.checkpoint}.")
    return n


def training_seen(*, training: Training, seconds: float) -> str:
    """The state that was asked for meanwhile."""
    Training.objects.filter(pk=training.pk).update(seen_at=Now(), seconds=F("seconds") + seconds)
    return Training.objects.values_list("state", flat=True).get(pk=training.pk)


def training_end(*, training: Training, state: str, message: str = "") -> Training:
    """Only who trains calls this; what was asked for meanwhile (a pause, a cancel) stands."""
    under_way = Training.objects.filter(pk=training.pk)
    if state != State.DONE:
        under_way = under_way.filter(state=State.RUNNING)
    finished = {"finished_at": Now()} if state == State.DONE else {}
    if under_way.update(state=state, message=message[:ENDED], **finished) and message:
        training_note(training=training, text=message)
    training.refresh_from_db()
    return training


def training_refuse(*, training: Training, why: str) -> None:
    """A worker took it and can't: it stops, so that it is not taken over and over."""
    Training.objects.filter(pk=training.pk, state=State.WAITING).update(state=State.STOPPED, message=why[:ENDED])


def training_note(*, training: Training, text: str) -> None:
    TrainingNote.objects.create(training=training, text=text[:1000])


@transaction.atomic
def events_write(*, training: Training, events: Sequence[dict[str, Any]], heard_before: bool = False) -> None:
    """Points are written over, so that all can be read again after a reader died; notes are made once."""
    points = {(event["event"], event["step"]): event for event in events if event["event"] in KINDS}
    if points:
        _points_write(training, points.values())
    stored = Training.objects.select_for_update().get(pk=training.pk)
    for event in events:
        _take(stored, event)
        if not heard_before and (text := _words(event)):
            training_note(training=stored, text=text)
    stored.save(update_fields=["facts", "result", "step", "checkpoint"])
    training.refresh_from_db()


def _take(training: Training, event: dict[str, Any]) -> None:
    told = {name: value for name, value in event.items() if name not in ("event", "at", "after")}
    match event["event"]:
        case "loss":
            training.step = event["step"]
            training.facts["memory"] = event.get("memory")
        case "checkpoint" | "stopped":
            training.step = training.checkpoint = event["step"]
        case "resumed":
            training.step = training.checkpoint = event["step"]
            training.facts["resumed_at"] = [*training.facts.get("resumed_at", []), event["step"]]
        case "data":
            training.facts["data"] = told
        case "started":
            training.facts |= told
        case "done":
            training.step = event["step"]
            training.result = told


def _words(event: dict[str, Any]) -> str:
    match event["event"]:
        case "resumed":
            damaged = [f"Checkpoint {step} is damaged ({why})" for step, why in event["damaged"]]
            went = f"went back to {event['step']}" if event["step"] else "began anew, for none was whole"
            if damaged:
                return f"{'; '.join(damaged)}; {went}."
            return f"Goes on from checkpoint {event['step']}."
        case "waiting":
            return "Waits for the process before it to end."
        case "stopped":
            return f"Stopped at step {event['step']}, with a checkpoint."
        case "done":
            return "Done. The adapter was written, read back, and its checksum kept."
    return ""


def _points_write(training: Training, events: Any) -> None:
    rows = [
        TrainingPoint(
            training=training, kind=KINDS[event["event"]], step=event["step"], loss=event["loss"], lr=event.get("lr"),
            tokens=event.get("tokens"), rate=event.get("rate"), at=datetime.fromtimestamp(event["at"], UTC),
        )
        for event in events
    ]  # fmt: skip
    TrainingPoint.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["training", "kind", "step"],
        update_fields=["loss", "lr", "tokens", "rate", "at"],
    )
