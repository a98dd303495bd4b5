"""Waves of batch files through the real `vllm run-batch`, by a worker that starts it. Random weights: all is wiring."""

import sys
from collections import Counter
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command

from distillation.models import Batch, BatchCall, Failure, Run, Verdict
from distillation.runs.reports import run_progress
from tests.vllm.builders import BROKEN, COBUYS
from tests.vllm.conftest import LOGS, MODEL, until, worker

RELATIONS = ("usedFor", "isA")
COMMAND = (
    f"{sys.prefix}/bin/vllm run-batch -i {{input}} -o {{output}} --model {{model}} --max-model-len 4096 "
    """--enforce-eager --block-size 32 --limit-mm-per-prompt '{"image": 2}' --enable-prompt-tokens-details"""
)


@pytest.fixture(scope="module")
def batched(sample: None, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    log = LOGS / "worker-batch.log"
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("LVLM_BATCH_COMMAND", COMMAND)
        patch.setenv("LVLM_BATCH_FOLDER", str(tmp_path_factory.mktemp("batches")))
        with worker(log) as process:
            asked = {"backend": "batch", "model": MODEL, "relations": ",".join(RELATIONS)}
            call_command("distill", run="batch", stdout=StringIO(), **asked)
            run = Run.objects.get(name="batch")
            until(lambda: run_progress(run).ended, process, log, 900)
        yield run


@pytest.mark.django_db
def test_every_unit_ended_wave_by_wave(batched: Run):
    progress = run_progress(batched)
    waves = list(Batch.objects.filter(run=batched).order_by("pk").values_list("state", "n_calls", "n_answered"))
    reasons = Counter(batched.failures.exclude(cobuy=None).values_list("reason", flat=True))
    print(f"waves {waves}; {progress.verdicts.done} verdicts, failures {dict(reasons)}; {progress.message}")
    assert (progress.state, progress.owed, progress.unaccounted) == ("done", 0, 0)
    assert progress.units == (COBUYS + 1) * len(RELATIONS)
    assert progress.verdicts.done >= 0.8 * COBUYS * len(RELATIONS)
    assert {state for state, _, _ in waves} == {"taken"}
    assert all(answered == calls for _, calls, answered in waves)
    assert not BatchCall.objects.exists()


@pytest.mark.django_db
def test_every_verdict_has_its_probability(batched: Run):
    p_yes = Verdict.objects.filter(intention__run=batched).values_list("p_yes", flat=True)
    assert all(p is not None and 0 <= p <= 1 for p in p_yes)


@pytest.mark.django_db
def test_a_broken_picture_fails_in_its_own_line(batched: Run):
    failure = batched.failures.get(step=Failure.Step.FEATURE, product__asin=BROKEN)
    assert (failure.reason, "truncated" in failure.detail) == ("bad_picture", True)
    assert batched.failures.filter(reason="no_features").count() == len(RELATIONS)
