"""What a run did when, added up from its ticks."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Min, Sum
from django.db.models.functions import Now
from django.utils import timezone

from common.cached import cached
from distillation.models import Run, RunTick

MOST_SPANS, MANY_TICKS = 120, 5_000
COUNTED = (
    *("calls", "prompt_tokens", "cached_tokens", "completion_tokens"),
    *("features", "intentions", "verdicts", "yes", "failures"),
)


@dataclass(frozen=True, slots=True)
class Tally:
    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    features: int = 0
    intentions: int = 0
    verdicts: int = 0
    yes: int = 0
    failures: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, name) + getattr(other, name) for name in COUNTED))

    @property
    def yes_share(self) -> float | None:
        return self.yes / self.verdicts if self.verdicts else None

    def cost(self, prices: dict[str, float]) -> float | None:
        """In dollars; cached tokens of a server that does not price them apart cost as much as the others."""
        if "prompt" not in prices or "completion" not in prices:
            return None
        cached = self.cached_tokens * prices.get("cached", prices["prompt"])
        fresh = (self.prompt_tokens - self.cached_tokens) * prices["prompt"]
        return (fresh + cached + self.completion_tokens * prices["completion"]) / 1e6


@dataclass(frozen=True, slots=True)
class Span:
    at: datetime
    seconds: float
    tally: Tally

    @property
    def calls_per_second(self) -> float:
        return self.tally.calls / self.seconds


def run_spans(run: Run) -> list[Span]:
    """The run's whole time in at most MOST_SPANS equal pieces, those in which nothing was done among them. Of a run of
    many hours it may be some seconds old."""
    first, last = _ends(run)
    if first is None or last is None:
        return []
    ticks = int((last - first).total_seconds()) // RunTick.SECONDS + 1
    if ticks < MANY_TICKS:
        return _spans(run, first, last, ticks)
    return cached(f"spans-{run.pk}-{run.state}", lambda: _spans(run, first, last, ticks), 15)


def _spans(run: Run, first: datetime, last: datetime, ticks: int) -> list[Span]:
    width = RunTick.SECONDS * math.ceil(ticks / MOST_SPANS)
    tallies = _tallies(run, first, width)
    end = last + timedelta(seconds=RunTick.SECONDS)
    if run.state == Run.State.RUNNING:
        end = max(min(end, timezone.now()), last + timedelta(seconds=1))  # the present tick is not over
    starts = [first + timedelta(seconds=width * n) for n in range(math.ceil(ticks * RunTick.SECONDS / width))]
    return [Span(at, min(width, (end - at).total_seconds()), tallies.get(n, Tally())) for n, at in enumerate(starts)]


def run_recent(run: Run, seconds: int) -> Span:
    """The last so many seconds, or the time since the first call where that is less."""
    ticks = RunTick.objects.filter(run=run, at__gt=Now() - timedelta(seconds=seconds + RunTick.SECONDS))
    sums = ticks.aggregate(first=Min("at"), **{name: Sum(name, default=0) for name in COUNTED})
    now = timezone.now()
    at = sums.pop("first") or now
    return Span(at, max(1.0, (now - at).total_seconds()), Tally(**sums))


def _ends(run: Run) -> tuple[datetime | None, datetime | None]:
    ticks = RunTick.objects.filter(run=run).order_by("at").values_list("at", flat=True)
    return ticks.first(), ticks.last()


def _tallies(run: Run, first: datetime, width: int) -> dict[int, Tally]:
    sums = ", ".join(f"sum({name})::bigint" for name in COUNTED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT (extract(epoch FROM at - %s)::bigint / %s) AS n, {sums}
            FROM distillation_runtick WHERE run_id = %s GROUP BY n
            """,  # noqa: S608 - names of our own
            [first, width, run.pk],
        )
        return {n: Tally(*counts) for n, *counts in cursor}
