"""`distill` with real workers, against the rules and against a small model server that counts its calls."""

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from distillation import tasks
from distillation.models import Failure, Feature, Intention, Run, RunCoBuy, RunTick, Verdict, Worker
from distillation.pipeline.prompts import FOLDER
from distillation.runs.drains import drains_alive
from distillation.tasks import advance_run
from mindsite import workers
from mindsite.celery import app
from mindsite.management.commands import distill as distill_command
from mindsite.workers import worker_command
from tests.commanding import managed
from tests.distillation.builders import cobuys, finished_run, run
from tests.distillation.model_server import ModelServer, model_serving
from tests.killing import child

IN_FLIGHT = 4


@pytest.fixture(scope="module")
def model_server() -> Iterator[ModelServer]:
    with model_serving() as server:
        yield server


@pytest.fixture
def elsewhere(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes find the test's database and broker where an operator would name them."""
    at = connection.settings_dict
    address = {key.lower(): at[key] for key in ("HOST", "PORT", "USER", "PASSWORD") if at[key]}
    monkeypatch.setenv("DATABASE_URL", f"postgres:///{at['NAME']}?{urlencode(address)}")
    monkeypatch.setenv("CELERY_BROKER_URL", settings.CELERY_BROKER_URL)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mindsite.settings")
    monkeypatch.setenv("LVLM_IN_FLIGHT", str(IN_FLIGHT))
    monkeypatch.setattr(workers, "SIGN_WITHIN_S", 1)
    monkeypatch.setattr(distill_command, "STARTS_WITHIN_S", 120)  # where others have the machine
    app.control.purge()


@contextmanager
def worker(name: str = "celery") -> Iterator[BaseProcess]:
    """As its command starts it, in a fork, which has all of the code already."""
    _, _, _, _, _, *words = worker_command(name=name)  # python -m celery --app mindsite

    def work() -> None:
        os.setsid()
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        settings.LVLM_IN_FLIGHT = IN_FLIGHT
        tasks._ending = RawValue("b", 0)  # the tests' own is memory shared with them: they would take it for their end
        app.worker_main(words)

    process = child(work)
    process.start()
    try:
        yield process
    finally:
        kill_9(process)


def kill_9(process: BaseProcess) -> None:
    if process.is_alive():
        os.killpg(process.pid, signal.SIGKILL)
        process.join()


def until(condition: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def distill(*words: str, name: str = "r1", stderr: StringIO | None = None) -> str:
    out = StringIO()
    call_command("distill", "--run", name, "--no-images", *words, stdout=out, stderr=stderr or StringIO())
    return out.getvalue()


def test_with_no_worker_alive_it_starts_one_and_waits_for_the_end(elsewhere: None) -> None:
    cobuys(5)
    said = StringIO()
    progress = json.loads(distill("--relations", "usedFor,isA", "--wait", "--json", stderr=said))
    assert [line.split(":")[0] for line in said.getvalue().splitlines()] == ["No worker is running"]
    # 5 co-buys x 2 relations
    assert (progress["state"], progress["units"], progress["verdicts"]["done"]) == ("done", 10, 10)
    assert (progress["owed"], progress["unaccounted"]) == (0, 0)


def test_a_killed_worker_costs_only_the_calls_in_flight(elsewhere: None, model_server: ModelServer) -> None:
    cobuys(30)
    # 30 co-buys: 60 features, 90 intentions, 90 verdicts
    asked = ("--backend", "openai", "--base-url", model_server.url, "--relations", "usedFor,isA,can")
    with worker() as first:
        distill(*asked)
        until(lambda: Verdict.objects.count() >= 30)
        kill_9(first)
    assert Verdict.objects.count() < 90
    lost = model_server.asked.total() - sum(made.objects.count() for made in (Feature, Intention, Verdict))
    RunCoBuy.objects.update(claimed_until=Now() - timedelta(seconds=1))  # as if the claims' 15 s had passed
    assert Worker.objects.alive().exists()  # it still looks alive, and distill must not wait for it
    progress = json.loads(distill(*asked, "--wait", "--json"))
    assert (progress["state"], progress["owed"], progress["unaccounted"]) == ("done", 0, 0)
    assert (Intention.objects.count(), Verdict.objects.count(), Failure.objects.count()) == (90, 90, 0)
    repeated = model_server.asked.total() - len(model_server.asked)
    assert len(model_server.asked) == 60 + 90 + 90
    assert repeated <= lost + IN_FLIGHT  # what was asked and not written, or on its way to the server


def test_a_worker_under_the_same_name_takes_over_at_once(elsewhere: None, model_server: ModelServer) -> None:
    cobuys(30)
    with worker() as first:
        distill("--backend", "openai", "--base-url", model_server.url, "--relations", "usedFor,isA,hasA")
        until(Verdict.objects.exists)
        kill_9(first)
    had = RunCoBuy.objects.filter(claimed_until__gt=Now()).count()
    with worker():  # the claims of the killed one would hold for 15 s, and the sweep comes every 10 s
        until(lambda: Run.objects.get().state == "done")
    assert had > 0
    assert Verdict.objects.count() == 90


def test_a_worker_that_is_told_to_end_writes_what_is_in_flight_and_lets_go(
    elsewhere: None, model_server: ModelServer
) -> None:
    cobuys(60)
    asked = model_server.asked.total()
    with worker() as ending:
        distill("--backend", "openai", "--base-url", model_server.url, "--relations", "usedFor,isA,partOf")
        until(Verdict.objects.exists)
        ending.terminate()
        ending.join(120)
    assert not RunCoBuy.objects.filter(claim__isnull=False).exists()
    assert Run.objects.get().state == "running"
    written = RunTick.objects.aggregate(calls=Sum("calls"))["calls"]
    assert written == model_server.asked.total() - asked


def test_two_workers_share_a_run_and_do_nothing_twice(elsewhere: None, model_server: ModelServer) -> None:
    cobuys(60)
    asked_before = model_server.asked.copy()
    with worker("one"), worker("two"):
        until(lambda: Worker.objects.alive().filter(name__regex="^(one|two)@").count() == 2)
        distill("--backend", "openai", "--base-url", model_server.url, "--relations", "usedFor,isA,madeOf")
        until(lambda: drains_alive(Run.objects.get()) == 2)
        until(lambda: Run.objects.get().state == "done")
    assert Verdict.objects.count() == 60 * 3
    assert set((model_server.asked - asked_before).values()) == {1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("--relations", "usedFr"), "usedFr"),
        (("--samples", "0"), "--samples 0: give"),
        (("--limit", "-1"), "--limit -1: give"),
        (("--temperature", "-1"), "--temperature -1.0: give a number from 0 to 2"),
        (("--max-tokens", "0"), "--max-tokens 0: give"),
        (("--strictness", "1.5"), "Strictness 1.5: give a probability"),
        (("--prompts", "mind-0"), "Unknown prompt version 'mind-0'"),
        (("--prompts", "/nowhere"), "/nowhere/system.txt can't be read"),
        (("--backend", "openai", "--base-url", "http://gpu:8000,many"), "give a number of at least 1"),
        (("--model", "gpt"), "The baseline has no model 'gpt'"),
        (("--backend", "openai"), "needs the URL of a model server"),
        (("--backend", "openai", "--base-url", "gpu:8000"), "is no http or https URL"),
        (("--backend", "openai", "--base-url", "http://127.0.0.1:1"), "http://127.0.0.1:1/v1 can't be reached"),
    ],
)
def test_bad_input_is_one_line_and_no_run(words: tuple[str, ...], refusal: str) -> None:
    cobuys(1)
    with pytest.raises(CommandError, match=refusal) as refused:
        distill(*words)
    assert "\n" not in str(refused.value)
    assert Run.objects.count() == 0


@pytest.mark.django_db
def test_a_server_of_another_model_is_named(model_server: ModelServer) -> None:
    cobuys(1)
    with pytest.raises(CommandError, match="does not serve 'big'; it serves tiny"):
        distill("--backend", "openai", "--base-url", model_server.url, "--model", "big")
    assert Run.objects.count() == 0


@pytest.mark.django_db
def test_the_only_model_of_a_server_needs_no_name(model_server: ModelServer, services: None) -> None:
    cobuys(1)
    distill("--backend", "openai", "--base-url", model_server.url, "--relations", "isA")
    assert Run.objects.get().model == "tiny"


@pytest.mark.django_db
def test_other_settings_are_refused(services: None) -> None:
    cobuys(1)
    distill("--relations", "isA")
    with pytest.raises(CommandError, match=r"r1 exists with other settings .*samples is 1, not 2"):
        distill("--relations", "isA", "--samples", "2")


@pytest.mark.django_db
def test_all_that_was_asked_for_is_stored(services: None, tmp_path: Path) -> None:
    cobuys(1)
    shutil.copytree(FOLDER / "mind-1", tmp_path / "own")
    words = ("--temperature", "0.7", "--max-tokens", "99", "--strictness", "0.6", "--prompts", str(tmp_path / "own"))
    distill("--relations", "isA", "--samples", "2", *words)
    made = Run.objects.get()
    assert (made.strictness, made.config["samples"]) == (0.6, 2)
    assert (made.config["temperature"], made.config["max_tokens"]) == (0.7, 99)
    assert (made.config["prompt_version"], made.config["prompt_folder"]) == ("own", str(tmp_path / "own"))


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_prompts_have_changed_is_paused_with_the_reason(services: None, tmp_path: Path) -> None:
    cobuys(1)
    folder = Path(shutil.copytree(FOLDER / "mind-1", tmp_path / "own"))
    distill("--relations", "isA", "--prompts", str(folder))
    (folder / "describe.txt").write_text("What is {title}?")
    advance_run(Run.objects.get().pk)
    made = Run.objects.get()
    assert (made.state, Intention.objects.count()) == ("paused", 0)
    assert "own have changed since the run began" in made.message
    with pytest.raises(CommandError, match="prompt_digest is"):
        distill("--relations", "isA", "--prompts", str(folder))


@pytest.mark.django_db(transaction=True)
def test_a_server_that_comes_back_ends_the_waiting_and_its_message(services: None, model_server: ModelServer) -> None:
    cobuys(1)
    asked = ("--backend", "openai", "--relations", "isA", "--base-url")
    distill(*asked, model_server.url)
    Run.objects.update(base_urls=["http://127.0.0.1:1"])
    advance_run(Run.objects.get().pk)
    assert Run.objects.get().message.startswith("Waiting for the model server: http://127.0.0.1:1/v1 can't be reached")
    Run.objects.update(base_urls=["http://127.0.0.1:1", model_server.url])  # one of two is enough
    advance_run(Run.objects.get().pk)
    assert (Run.objects.get().state, Run.objects.get().message) == ("done", "")


@pytest.mark.django_db
def test_without_waiting_it_says_that_no_worker_runs(services: None) -> None:
    cobuys(2)
    assert distill("--relations", "isA").splitlines() == [
        "Run r1 starts: 2 co-buys, 2 intentions and as many verdicts",
        "No worker is running, so nothing happens yet: start one with `make worker`.",
        "Run r1 is running: 2 = 0 intentions with a verdict + 0 failed + 2 owed (0 unaccounted); 0 kept; "
        "features of 0 products, 0 of them known before, 0 failed",
    ]


@pytest.mark.django_db
def test_waiting_for_a_done_run_starts_no_worker(services: None) -> None:
    finished_run()
    assert "Run r1 is done: 6 = 6 intentions" in distill("--relations", "usedFor,isA", "--wait")
    assert Worker.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "nonsense://x"])
def test_an_unreachable_broker_is_no_run(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cobuys(1)
    monkeypatch.setattr(app.conf, "broker_url", broker)
    with pytest.raises(OperationalError):
        distill("--relations", "isA")
    assert Run.objects.count() == 0


def test_an_unreachable_broker_is_one_line(elsewhere: None) -> None:
    cobuys(1)
    nowhere = {**os.environ, "CELERY_BROKER_URL": "amqp://127.0.0.1:1"}
    status, _, errors = managed(("distill", "--run", "r1", "--no-images"), nowhere)
    assert (status, len(errors.splitlines())) == (1, 1), errors
    assert re.match("The broker can't be reached .*check CELERY_BROKER_URL", errors)
    assert Run.objects.count() == 0


@pytest.mark.django_db
def test_status_tells_what_failed_and_why() -> None:
    pair = cobuys(1)[0]
    made = run(relations="isA")
    made.cobuys.update(n_owed=0)
    Failure.objects.create(
        run=made, step="intention", cobuy=pair, relation="isA", reason="timeout", detail="No answer."
    )
    out = StringIO()
    call_command("run_status", "r1", stdout=out)
    assert "1 = 0 intentions with a verdict + 1 failed + 0 owed (0 unaccounted)" in out.getvalue()
    assert "  1 x intention: timeout (No answer.)" in out.getvalue().splitlines()


@pytest.mark.django_db
def test_status_of_no_run_is_one_line() -> None:
    with pytest.raises(CommandError, match="There is no run named r9"):
        call_command("run_status", "r9")
