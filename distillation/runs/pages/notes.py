"""What stands in the way of a run, or that it has ended: the lines above its figures."""

from dataclasses import dataclass
from datetime import datetime

from common.words import duration
from distillation.models import Run, Worker
from distillation.runs.alarms import HELP
from distillation.runs.reports import Counts, no_worker


@dataclass(frozen=True, slots=True)
class Note:
    kind: str  # a class of the style sheet: bad, wait or nothing
    title: str
    text: str = ""
    heard: str = ""
    heard_at: datetime | None = None


def run_notes(run: Run, counts: Counts) -> list[Note]:
    alarms = [Note("bad alarm", f"Alarm. {alarm.words}", HELP[alarm.kind]) for alarm in run.alarms.order_by("pk")]
    state = _state(run, counts)
    return [*alarms, state] if state else alarms


def _state(run: Run, counts: Counts) -> Note | None:
    if words := no_worker(run):
        return _nobody_works(words)
    if run.state == Run.State.RUNNING:
        title, _, why = run.message.partition(": ")
        return Note("wait", title, f"{why} It is tried again by itself.") if title else None
    if run.state == Run.State.PAUSED:
        return Note("wait", run.message or "Paused.", "No new call is made until the run is resumed.")
    if run.state == Run.State.CANCELLED:
        stays = "What is done stays and can be judged and exported; to make the rest, resume the run."
        return Note("", run.message or "Cancelled.", stays)
    if run.is_imported:
        return Note("", "Imported.", f"{counts.verdicts:,} of {counts.units:,} intentions came with a verdict.")
    took = f" in {duration((run.finished_at - run.created_at).total_seconds())}" if run.finished_at else ""
    failed = counts.ended - counts.verdicts
    through = "have a verdict" if counts.filtered else "are made"
    return Note("", f"Done{took}.", f"{counts.verdicts:,} of {counts.units:,} intentions {through}, {failed:,} failed.")


def _nobody_works(words: str) -> Note:
    last = Worker.objects.order_by("-seen_at").first()
    lost = "Nothing is lost; the run goes on by itself as soon as there is one."
    return Note("bad", words, lost, last.name if last else "", last.seen_at if last else None)
