"""What a run has done and owes, read from its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from zlib import crc32

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from distillation.models import CoBuy, Failure, Intention, Run, RunProduct, Verdict, Worker

HELP = {
    "timeout": "The server took too long: raise LVLM_TIMEOUT or lower LVLM_IN_FLIGHT, then retry the failed.",
    "too_long": "The prompt is longer than the model takes: shorten titles or raise the server's context length.",
    "bad_picture": "The server can't read the picture: import the product's picture again.",
    "truncated": "The answer did not end in twice the tokens asked for: raise max_tokens.",
    "no_features": "One of the two products has no features: see the failures of that step.",
}
DEFAULT_HELP = "The server's words are beside it; what can succeed may be retried."


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

    @property
    def unaccounted(self) -> int:
        """Zero: every unit has a verdict, or has failed at one of two steps, or is still owed."""
        ended = self.verdicts.done + self.intentions.failed + self.verdicts.failed
        return self.units - ended - self.owed

    @property
    def ended(self) -> bool:
        return self.state != Run.State.RUNNING

    @property
    def complete(self) -> bool:
        return self.state == Run.State.DONE

    @property
    def steps(self) -> list[Step]:
        return [self.features, self.intentions, self.verdicts]

    @property
    def kept_share(self) -> float | None:
        return self.kept / self.verdicts.done if self.verdicts.done else None

    def as_dict(self) -> dict:
        return {**asdict(self), "unaccounted": self.unaccounted}

    def plan(self) -> str:
        left_out = (
            f" ({self.cobuys_without_pictures} left out: a picture is missing)" if self.cobuys_without_pictures else ""
        )
        return f"{self.cobuys} co-buys{left_out}, {self.units} intentions and as many verdicts"

    def line(self) -> str:
        steps = " · ".join(f"{s.name.lower()} {s.done:,}/{s.total:,}" for s in self.steps)
        return f"{steps}{f' · {self.message}' if self.message else ''}"

    def account(self) -> str:
        failed = self.intentions.failed + self.verdicts.failed
        return (
            f"Run {self.run} is {self.state}: {self.units:,} = {self.verdicts.done:,} intentions with a verdict "
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


@_one_moment()
def run_progress(run: Run) -> RunProgress:
    run = Run.objects.get(pk=run.pk)
    owed = run.cobuys.aggregate(cobuys=Count("pk"), owed=Sum("n_owed", default=0))
    products = RunProduct.objects.filter(run=run).aggregate(
        all=Count("pk"), done=Count("feature"), cached=Count("pk", filter=Q(from_cache=True))
    )
    failed = dict(Failure.objects.filter(run=run).values_list("step").annotate(n=Count("pk")))
    # A product that failed for one co-buy may have been described for another since.
    described = RunProduct.objects.filter(run=run, feature__isnull=False).values("product")
    undescribed = Failure.objects.filter(run=run, step=Failure.Step.FEATURE).exclude(product__in=described).count()
    units = owed["cobuys"] * run.units_per_cobuy
    verdicts = Verdict.objects.filter(intention__run=run)
    seconds = verdicts.aggregate(first=Min("created_at"), last=Max("created_at"))
    return RunProgress(
        run=run.name,
        state=run.state,
        message=run.message or _no_worker(run),
        cobuys=owed["cobuys"],
        cobuys_without_pictures=_left_out(run),
        units=units,
        features=Step("Features", products["done"], undescribed, products["all"], products["cached"]),
        intentions=Step("Intentions", Intention.objects.filter(run=run).count(), failed.get("intention", 0), units),
        verdicts=Step("Verdicts", verdicts.count(), failed.get("verdict", 0), units),
        owed=owed["owed"],
        kept=verdicts.kept(run.strictness).count(),
        failures=_failures(run),
        seconds=(seconds["last"] - seconds["first"]).total_seconds() if seconds["last"] else 0.0,
    )


def run_revision(run: Run) -> str:
    """Changes whenever the run's page would: what is owed, and what the page says of the state."""
    owed = run.cobuys.aggregate(n=Sum("n_owed", default=0))["n"]
    described = RunProduct.objects.filter(run=run, feature__isnull=False).count()
    return f"{run.state}-{owed}-{described}-{crc32((run.message or _no_worker(run)).encode())}"


def rate_now(run: Run, within: timedelta = timedelta(seconds=30)) -> float:
    """Verdicts a second over the last while."""
    since = timezone.now() - within
    made = Verdict.objects.filter(intention__run=run, created_at__gt=since).aggregate(
        n=Count("pk"), first=Min("created_at")
    )
    if not made["n"]:
        return 0.0
    return made["n"] / max(1.0, (timezone.now() - made["first"]).total_seconds())


def _no_worker(run: Run) -> str:
    if run.state != Run.State.RUNNING or Worker.objects.alive().exists():
        return ""
    return "No worker is running. Start one with: make worker"


def _left_out(run: Run) -> int:
    if not run.config["with_images"]:
        return 0
    return CoBuy.objects.filter(Q(a__picture=None) | Q(b__picture=None)).count()


def _failures(run: Run) -> list[dict]:
    groups = (
        Failure.objects.filter(run=run)
        .values("step", "reason")
        .annotate(count=Count("pk"), example=Min("detail"))
        .order_by("-count", "step", "reason")
    )
    return [{**group, "help": HELP.get(group["reason"], DEFAULT_HELP)} for group in groups]
