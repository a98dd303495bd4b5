"""Counters and histograms: by route and not by address, and over all processes of a machine."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client import REGISTRY

from accounts.models import User
from distillation.lvlm.base import Failure, Usage
from distillation.pipeline.engine import IntentionEnded, Unit
from distillation.pipeline.options import Options
from distillation.pipeline.steps import Outcome
from distillation.runs import ledger
from mindsite.metrics import files
from mindsite.metrics.tasks import SENT, sent
from tests.distillation.builders import cobuys, run

pytestmark = pytest.mark.django_db


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_request_is_counted_under_its_route_and_a_links_secret_is_no_label(client: Client) -> None:
    told = {"method": "GET", "route": "accounts/join/<str:token>/", "status": "403"}
    before = value("mindsite_http_seconds_count", **told)
    client.get("/accounts/join/a-secret-of-the-test/")
    assert value("mindsite_http_seconds_count", **told) == before + 1
    labels = {each for family in REGISTRY.collect() for sample in family.samples for each in sample.labels.values()}
    assert not any("a-secret-of-the-test" in each for each in labels)


def test_calls_are_counted_by_server_step_and_outcome() -> None:
    """One unit answered at the third try, one that timed out after five: 3 calls and 5."""
    cobuys(1)
    made = run()
    (work,) = ledger.claim(made, Options.from_config(made.config), uuid.UUID(int=1), 1)
    for relation, outcome in (
        ("usedFor", Outcome("For light.", None, "", Usage(calls=3), "http://a:8000")),
        ("isA", Outcome(None, Failure("timeout", "too slow"), "", Usage(calls=5), "http://a:8000")),
    ):
        ledger.record(made, uuid.UUID(int=1), [IntentionEnded(work.id, Unit(relation, 0), outcome)])
    told = {"server": "http://a:8000", "step": "intentions"}
    counted = [value("mindsite_model_calls_total", outcome=each, **told) for each in ("answered", "timeout")]
    assert counted == [3, 5]


def test_processes_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes count 2 and 3 messages of a task: 5."""
    monkeypatch.setattr(files, "PLACE", tmp_path / "metrics")
    for role, n in (("site", 2), ("worker-w2", 3)):
        code = f"from common.metrics.counted import TURNED_AWAY as t; t.labels('429').inc({n})"
        environment = os.environ | {files.VARIABLE: str(files.begun_anew(role))}
        subprocess.run([sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR, check=True)
    (family,) = (each for each in files.Counted().collect() if each.name == "mindsite_http_turned_away")
    assert [sample.value for sample in family.samples if sample.labels == {"status": "429"}] == [5.0]
    files.begun_anew("site")
    assert "3.0" in str([each.samples for each in files.Counted().collect()])


def test_a_message_says_when_it_was_sent_first() -> None:
    headers = {SENT: 5.0}
    sent(headers=headers)
    sent(headers=(fresh := {}))
    assert (headers[SENT], fresh[SENT] > 5.0) == (5.0, True)


def test_the_page_has_gauges_and_counters(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    text = client.get("/metrics").content.decode()
    names = ("mindsite_drains 0.0", "mindsite_pictures_bytes ", 'mindsite_disk_free_bytes{place="var"}')
    assert [
        name for name in (*names, "mindsite_database_bytes ", "mindsite_pool_wait_seconds_sum") if name not in text
    ] == []
