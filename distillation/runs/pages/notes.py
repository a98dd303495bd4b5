"""What stands in the way of a run, or that it has ended: the lines above its figures."""

from dataclasses import dataclass
from datetime import datetime

from common.words import duration, percent
from distillation.models import Run, Worker
from distillation.runs.kept import ALARM_FROM, ALARM_SHARE, Kept
from distillation.runs.reports import Counts, no_worker
from distillation.runs.timeline import Tally


@dataclass(frozen=True, slots=True)
class Note:
    kind: str  # a class of the style sheet: bad, wait or nothing
    title: str
    text: str = ""
    heard: str = ""
    heard_at: datetime | None = None


def run_notes(run: Run, counts: Counts, kept: Kept, lately: Tally) -> list[Note]:
    alarm = None if run.is_baseline else _alarm(kept, lately)
    return [note for note in (_state(run, counts), alarm) if note]


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
    took = f" in {duration((run.finished_at - run.created_at).total_seconds())}" if run.finished_at else ""
    failed = counts.ended - counts.verdicts
    return Note(
        "", f"Done{took}.", f"{counts.verdicts:,} of {counts.units:,} intentions have a verdict, {failed:,} failed."
    )


def _nobody_works(words: str) -> Note:
    last = Worker.objects.order_by("-seen_at").first()
    lost = "Nothing is lost; the run goes on by itself as soon as there is one."
    return Note("bad", words, lost, last.name if last else "", last.seen_at if last else None)


def _alarm(kept: Kept, lately: Tally) -> Note | None:
    why = "Often a changed prompt or a wrong model: read some of the rejected ones."
    if kept.alarm:
        return Note("bad", f"Kept share under 20 %: {percent(kept.share)} of {kept.verdicts:,} verdicts.", why)
    if lately.verdicts >= ALARM_FROM and lately.yes_share is not None and lately.yes_share < ALARM_SHARE:
        said = f"{percent(lately.yes_share)} yes of the last {lately.verdicts:,} verdicts"
        return Note("bad", f"The filter lately rejects nearly all: {said}.", why)
    return None
