"""For load balancers and Prometheus: what is true of database, broker and worker, and how much there is to do."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from secrets import compare_digest

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from common.away import away
from distillation.models import Worker
from distillation.runs.wake import broker_check
from mindsite.metrics.files import Counted
from mindsite.metrics.ledger import Ledger


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
    registry.register(Counted())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return True
    return request.user.is_authenticated and request.user.is_administrator


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
