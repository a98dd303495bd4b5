"""What a run has done and owes, read from its rows."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TypeVar
from zlib import crc32

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from distillation.catalog.selection import catalog_of
from distillation.models import CoBuy, Failure, Intention, Run, RunTick, Verdict, Worker
from distillation.runs.failures import failure_groups, undescribed
from distillation.runs.timeline import COUNTED

LATELY_S = 300
MANY = 20_000
RATES_FALL_FOR = timedelta(seconds=LATELY_S + 2 * RunTick.SECONDS)
REFRESH_S = 3
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    done: int
    failed: int
    total: int
    cached: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.done / self.total if self.total else 100.0

    @property
    def cached_percent(self) -> float:
        return 100 * self.cached / self.total if self.total else 0.0

    @property
    def failed_percent(self) -> float:
        return 100 * self.failed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Counts of co-buys, products and units; a unit is one (co-buy, relation, sample)."""

    run: str
    state: str
    message: str
    cobuys: int
    cobuys_without_pictures: int
    units: int
    features: Step
    intentions: Step
    verdicts: Step
    owed: int
    kept: int
    failures: list[dict] = field(default_factory=list)
    seconds: float = 0.0
    filtered: bool = True

    @property
    def through(self) -> int:
        """Units that are through all steps."""
        return self.verdicts.done if self.filtered else self.intentions.done

    @property
    def unaccounted(self) -> int:
        """Zero: every unit is through, or has failed at one of two steps, or is still owed."""
        return self.units - self.through - self.intentions.failed - self.verdicts.failed - self.owed

    @property
    def ended(self) -> bool:
        return self.state != Run.State.RUNNING

    @property
    def complete(self) -> bool:
        return self.state == Run.State.DONE

    @property
    def steps(self) -> list[Step]:
        return [self.features, self.intentions, *([self.verdicts] if self.filtered else [])]

    @property
    def kept_share(self) -> float | None:
        return self.kept / self.through if self.through else None

    def as_dict(self) -> dict:
        return {**asdict(self), "unaccounted": self.unaccounted}

    def plan(self) -> str:
        left_out = (
            f" ({self.cobuys_without_pictures} left out: a picture is missing)" if self.cobuys_without_pictures else ""
        )
        verdicts = "and as many verdicts" if self.filtered else "and no verdict: no filter is asked"
        return f"{self.cobuys} co-buys{left_out}, {self.units} intentions {verdicts}"

    def line(self) -> str:
        steps = " · ".join(f"{s.name.lower()} {s.done:,}/{s.total:,}" for s in self.steps)
        return f"{steps}{f' · {self.message}' if self.message else ''}"

    def account(self) -> str:
        failed = self.intentions.failed + self.verdicts.failed
        return (
            f"Run {self.run} is {self.state}: {self.units:,} = {self.through:,} intentions "
            f"{'with a verdict' if self.filtered else 'that no filter was asked about'} "
            f"+ {failed:,} failed + {self.owed:,} owed ({self.unaccounted:,} unaccounted); {self.kept:,} kept; "
            f"features of {self.features.done:,} products, {self.features.cached:,} of them known before, "
            f"{self.features.failed:,} failed"
        )


@contextmanager
def _one_moment() -> Iterator[None]:
    """All counts from one snapshot: else the sums would not add up while workers write."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@dataclass(frozen=True, slots=True)
class Counts:
    """What can be counted at any size of run: its co-buys, products and failures, not its intentions."""

    cobuys: int
    units: int
    owed: int
    features: Step
    failed: dict[str, int]
    failures: list[dict]
    filtered: bool = True

    @property
    def ended(self) -> int:
        return self.units - self.owed

    @property
    def verdicts(self) -> int:
        """What is owed is derived from the verdicts and failures when they are written, so they are what is left.
        Without a filter the intentions are."""
        return self.ended - self.failed["intention"] - self.failed["verdict"]

    def steps(self, intentions: int) -> list[Step]:
        """`intentions` from ticks may miss or hold some twice that a killed worker or two at once had in hand."""
        least, most = self.verdicts + self.failed["verdict"], self.units - self.failed["intention"]
        done = most if not self.owed else min(max(intentions, least), most)
        if not self.filtered:
            return [self.features, Step("Intentions", self.verdicts, self.failed["intention"], self.units)]
        return [
            self.features,
            Step("Intentions", done, self.failed["intention"], self.units),
            Step("Verdicts", self.verdicts, self.failed["verdict"], self.units),
        ]


def run_counts(run: Run) -> Counts:
    groups = failure_groups(run)
    failed = {step: sum(g["count"] for g in groups if g["step"] == step) for step in Failure.Step.values}
    lacking = undescribed(run).count() if failed["feature"] else 0
    cobuys = _n_cobuys(run)
    products = _products(run)
    return Counts(
        cobuys=cobuys,
        units=_n_units(run, cobuys),
        owed=n_owed(run),
        features=Step("Features", products["done"], lacking, products["all"], products["cached"]),
        failed=failed,
        failures=groups,
        filtered=run.is_filtered,
    )


def run_ended(run: Run) -> tuple[int, int]:
    """(units with a verdict, all units): as in `Counts`, where no more than that is asked."""
    units = _n_units(run, _n_cobuys(run))
    failed = Failure.objects.filter(run=run, cobuy__isnull=False).count()
    return units - n_owed(run) - failed, units


def n_owed(run: Run) -> int:
    return run.cobuys.filter(n_owed__gt=0).aggregate(n=Sum("n_owed", default=0))["n"]


def _n_units(run: Run, cobuys: int) -> int:
    """An imported run has what its file had; any other owes each co-buy the same."""
    return run.config.get("imported") or cobuys * run.units_per_cobuy


def _n_cobuys(run: Run) -> int:
    """Does not change once a run is planned."""
    return _for_a_while(f"cobuys-{run.pk}", 60, run.cobuys.count, size=lambda n: n)


def _products(run: Run) -> dict[str, int]:
    counted = {"all": Count("pk"), "done": Count("feature"), "cached": Count("pk", filter=Q(from_cache=True))}
    return _for_a_while(f"products-{run.pk}", 10, lambda: run.products.aggregate(**counted), size=lambda n: n["all"])


def _for_a_while(key: str, seconds: int, count: Callable[[], T], size: Callable[[T], int]) -> T:
    """Cache counts over many rows for some seconds: a page that polls each second need not count them again."""
    if (known := cache.get(key)) is not None:
        return known
    counted = count()
    if size(counted) >= MANY:
        cache.set(key, counted, seconds)
    return counted


@_one_moment()
def run_progress(run: Run) -> RunProgress:
    """Every row is counted, which takes seconds for a run of millions; `run_counts` is for who looks often."""
    run = Run.objects.get(pk=run.pk)
    counts = run_counts(run)
    verdicts = Verdict.objects.filter(intention__run=run)
    ended = verdicts if run.is_filtered else run.intentions
    seconds = ended.aggregate(first=Min("created_at"), last=Max("created_at"))
    return RunProgress(
        run=run.name,
        state=run.state,
        message=no_worker(run) or run.message,
        cobuys=counts.cobuys,
        cobuys_without_pictures=_left_out(run),
        units=counts.units,
        features=counts.features,
        intentions=Step("Intentions", run.intentions.count(), counts.failed["intention"], counts.units),
        verdicts=Step("Verdicts", verdicts.count(), counts.failed["verdict"], counts.units * run.is_filtered),
        owed=counts.owed,
        kept=Intention.objects.kept_of(run).count(),
        failures=counts.failures,
        seconds=(seconds["last"] - seconds["first"]).total_seconds() if seconds["last"] else 0.0,
        filtered=run.is_filtered,
    )


def run_revision(run: Run) -> str:
    """Changes whenever the run's page would, without counting: its words at once, its figures with what is written,
    and its rates, which fall by themselves, every few seconds."""
    tick = RunTick.objects.filter(run=run).order_by("at").values_list("at", *COUNTED).last()
    alarms = list(run.alarms.order_by("pk").values_list("kind", "share", "limit"))
    shown = (run.state, run.message, run.strictness, run.prices, run.base_urls, no_worker(run), alarms)
    if run.state == Run.State.RUNNING and tick and timezone.now() - tick[0] < RATES_FALL_FOR:
        tick = int(time.time() // REFRESH_S)
    return f"{crc32(repr((shown, tick)).encode()):08x}"


def no_worker(run: Run) -> str:
    if run.state != Run.State.RUNNING or Worker.objects.alive().exists():
        return ""
    return "No worker is running. Start one with: make worker"


def _left_out(run: Run) -> int:
    if not run.config["with_images"]:
        return 0
    return CoBuy.objects.filter(catalog_of(run).q(), Q(a__picture=None) | Q(b__picture=None)).count()
