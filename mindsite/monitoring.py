"""For load balancers and Prometheus: what is true of database, broker and worker, and how much there is to do."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from secrets import compare_digest

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from annotation.models import Lease, Participant, Study
from common.away import away
from distillation.models import Alarm, Failure, Run, RunCoBuy, RunTick, Worker
from distillation.runs.wake import broker_check
from mindsite.backup.making import last_backup
from mindsite.embedded import VAR
from webhooks.models import Delivery


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 if this process answers; nothing else is checked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where all parts are well, else 503 and which is not. `?only=database` for who serves pages alone."""
    only = request.GET.get("only")
    if only is not None and only not in PARTS:
        return JsonResponse({"error": f"There is no part {only[:40]!r}; there are {', '.join(PARTS)}"}, status=400)
    with ThreadPoolExecutor(1) as beside:  # whatever is away, the answer is there within two seconds
        broker = beside.submit(_broker) if only in (None, "broker") else None
        found = {name: check() for name, check in PARTS.items() if name != "broker" and only in (None, name)}
        if broker:
            found["broker"] = broker.result()
    well = all(state == "ok" for state in found.values())
    return JsonResponse(found, status=200 if well else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For administrators, and for a Prometheus that has METRICS_TOKEN as its bearer token."""
    if not _may_scrape(request):
        raise PermissionDenied("This page is not open to your account: it is for administrators and Prometheus.")
    registry = CollectorRegistry()
    registry.register(Ledger())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Ledger(Collector):
    """Gauges out of the database, which all web processes and workers share: each scrape tells the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        runs = Run.objects.values_list("state").annotate(n=Count("pk")).order_by("state")
        yield _by("mindsite_runs", "Runs by state", "state", runs)
        owed = RunCoBuy.objects.filter(n_owed__gt=0, run__state=Run.State.RUNNING).aggregate(n=Sum("n_owed"))["n"]
        yield _one("mindsite_intentions_owed", "Intentions that running runs still owe", owed)
        done = RunTick.objects.aggregate(calls=Sum("calls"), verdicts=Sum("verdicts"))
        yield _one("mindsite_lvlm_calls", "Requests sent to model servers, tries that failed included", done["calls"])
        yield _one("mindsite_verdicts", "Verdicts written", done["verdicts"])
        failures = Failure.objects.values_list("reason").annotate(n=Count("pk")).order_by("reason")
        yield _by("mindsite_failures", "Units that ended without a result, by reason", "reason", failures)
        alarms = GaugeMetricFamily("mindsite_run_alarms", "Alarms that are on, by run and kind", labels=["run", "kind"])
        for alarm in Alarm.objects.select_related("run").order_by("pk"):
            alarms.add_metric([alarm.run.name, alarm.kind], 1)
        yield alarms
        studies = Study.objects.values_list("state").annotate(n=Count("pk")).order_by("state")
        yield _by("mindsite_studies", "Studies by state", "state", studies)
        judged = Participant.objects.aggregate(n=Sum("n_judged"), audits=Sum("n_audited"))
        yield _one("mindsite_judgments", "Judgments of sampled items", judged["n"])
        yield _one("mindsite_audits", "Audits of them", judged["audits"])
        yield _one("mindsite_leases", "Items in the hands of annotators", Lease.objects.count())
        yield _one("mindsite_workers", "Workers alive", Worker.objects.alive().count())
        yield _one("mindsite_disk_free_bytes", "Free where data is kept", shutil.disk_usage(VAR).free)
        yield _one("mindsite_backup_timestamp_seconds", "When the newest backup was made; 0: none here", last_backup())
        deliveries = Delivery.objects.values_list("state").annotate(n=Count("pk")).order_by("state")
        yield _by("mindsite_webhook_deliveries", "Deliveries of webhooks by state", "state", deliveries)


def _may_scrape(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return True
    return request.user.is_authenticated and request.user.is_administrator


def _one(name: str, words: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value or 0)


def _by(name: str, words: str, label: str, counts) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, n in counts:
        family.add_metric([value], n)
    return family


def _database() -> str:
    try:
        owed = _migrations_owed()
    except DatabaseError as error:
        away.noticed()
        return f"can't be reached: {_words(error)}"
    return f"{owed} migrations are not applied; run manage.py migrate" if owed else "ok"


def _migrations_owed() -> int:
    """To look at all of them takes a tenth of a second of a processor: once they are there, they stay."""
    if _seen_whole:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return 0
    executor = MigrationExecutor(connection)
    owed = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    _seen_whole.extend([True] if not owed else [])
    return owed


def _broker() -> str:
    try:
        broker_check(seconds=1.5)
    except OperationalError as error:
        return f"can't be reached: {_words(error)}"
    return "ok"


def _worker() -> str:
    if away.is_known():
        return "unknown: the database can't be reached"
    with suppress(DatabaseError):
        return "ok" if Worker.objects.alive().exists() else "none is running; start one with manage.py worker"
    return "unknown: the database can't be reached"


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


_seen_whole: list[bool] = []
PARTS = {"database": _database, "broker": _broker, "worker": _worker}
