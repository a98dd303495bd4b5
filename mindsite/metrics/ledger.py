"""Gauges of what is stored and owed, out of the database and the disks."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Sum
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from annotation.models import Lease, Participant, Study
from distillation.models import Alarm, Failure, Picture, Run, RunCoBuy, RunTick, Worker
from mindsite.backup.making import last_backup
from mindsite.embedded import VAR
from webhooks.models import Delivery

PICTURES_S = 60  # to add up the sizes of a million takes a second
DRAINS = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid IN (SELECT id FROM distillation_run WHERE state = 'running')
"""


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
        yield _one("mindsite_backup_timestamp_seconds", "When the newest backup was made; 0: none here", last_backup())
        deliveries = Delivery.objects.values_list("state").annotate(n=Count("pk")).order_by("state")
        yield _by("mindsite_webhook_deliveries", "Deliveries of webhooks by state", "state", deliveries)
        yield _one("mindsite_drains", "Workers at work on runs, counted for each run", _drains())
        yield from storage()


def storage() -> Iterator[GaugeMetricFamily]:
    for name, words in (("free", "Free on the disks"), ("size", "Size of the disks")):
        family = GaugeMetricFamily(f"mindsite_disk_{name}_bytes", f"{words} where data is kept", labels=["place"])
        for place, path in (
            ("var", VAR),
            ("uploads", Path(settings.UPLOADS_ROOT)),
            ("pictures", Path(settings.MEDIA_ROOT)),
        ):
            if path.exists():
                family.add_metric([place], getattr(shutil.disk_usage(path), {"free": "free", "size": "total"}[name]))
        yield family
    yield _one(
        "mindsite_database_bytes", "Size of the database", _scalar("SELECT pg_database_size(current_database())")
    )
    n, size = cache.get_or_set("metrics-pictures", _pictures, PICTURES_S) or (0, 0)
    yield _one("mindsite_pictures", "Pictures stored", n)
    yield _one("mindsite_pictures_bytes", "Bytes of them, without thumbnails", size)


def _pictures() -> tuple[int, int]:
    found = Picture.objects.aggregate(n=Count("pk"), size=Sum("size", default=0))
    return found["n"], found["size"]


def _drains() -> int:
    return _scalar(DRAINS)


def _scalar(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _one(name: str, words: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value or 0)


def _by(name: str, words: str, label: str, counts: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, n in counts:
        family.add_metric([value], n)
    return family
