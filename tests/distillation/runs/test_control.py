"""Pausing, resuming, cancelling, asking again: in the terminal and on the page."""

import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from distillation.lvlm.base import Failure as Why
from distillation.lvlm.base import Usage
from distillation.models import Failure, Run, Worker
from distillation.pipeline.engine import IntentionEnded, Unit
from distillation.pipeline.options import Options
from distillation.pipeline.steps import Outcome
from distillation.runs import ledger, reports
from distillation.runs.changes import run_set_prices, run_set_strictness
from distillation.runs.services import RunRefused, run_cancel, run_pause, run_resume, run_retry_failed
from mindsite.celery import app
from tests.distillation.builders import cobuys, finished_run, run

pytestmark = pytest.mark.django_db
ME = uuid.UUID(int=1)


def said(command: str, *words: str) -> str:
    out = StringIO()
    call_command(command, "r1", *words, stdout=out)
    return out.getvalue()


def failed(made: Run, *reasons: str) -> Run:
    """The run with these failures in place of its first intentions."""
    for intention, reason in zip(made.intentions.order_by("pk"), reasons, strict=False):
        Failure.objects.create(
            run=made, step="intention", cobuy=intention.cobuy, relation=intention.relation, reason=reason, detail="x"
        )
        intention.delete()
    return made


# From state to state


@pytest.mark.parametrize(
    ("state", "verb", "becomes"),
    [
        ("running", run_pause, "paused"),
        ("running", run_cancel, "cancelled"),
        ("running", run_resume, "running"),
        ("paused", run_resume, "running"),
        ("paused", run_cancel, "cancelled"),
        ("cancelled", run_resume, "running"),
    ],
)
def test_a_run_moves(state, verb, becomes):
    cobuys(1)
    made = run()
    Run.objects.update(state=state)
    verb(run=made)
    assert Run.objects.get().state == becomes


@pytest.mark.parametrize(
    ("state", "verb", "words"),
    [
        ("paused", run_pause, "r1 is paused: only a running run can be paused"),
        ("done", run_pause, "r1 is done: only a running run can be paused"),
        ("cancelled", run_pause, "r1 is cancelled: only a running"),
        ("done", run_resume, "r1 is done: .*; retry_failed asks again for what failed"),
        ("done", run_cancel, "r1 is done: only a running or paused run can be cancelled"),
        ("cancelled", run_cancel, "r1 is cancelled: only"),
        ("cancelled", run_retry_failed, "r1 is cancelled: resume it before"),
    ],
)
def test_a_run_does_not_move(state, verb, words):
    cobuys(1)
    made = run()
    Run.objects.update(state=state)
    with pytest.raises(RunRefused, match=words):
        verb(run=made)
    assert Run.objects.get().state == state


def test_a_worker_is_told_to_stop_with_the_next_thing_it_writes():
    cobuys(2)
    made = run()
    assert ledger.record(made, ME, [])
    run_pause(run=made)
    assert not ledger.record(made, ME, [])
    assert ledger.claim(made, Options.from_config(made.config), ME, 9) == []


# Asking again


def test_what_can_succeed_is_owed_again():
    made = failed(finished_run(3), "timeout", "too_long", "unparsable")
    assert run_retry_failed(run=made) == 2
    made.refresh_from_db()
    progress = reports.run_progress(made)
    assert (made.state, made.finished_at) == ("running", None)
    # 6 units = 3 with a verdict + 1 failed + 2 owed
    assert (progress.verdicts.done, progress.intentions.failed, progress.owed, progress.unaccounted) == (3, 1, 2, 0)


@pytest.mark.parametrize(
    ("asked", "n"), [({"every": True}, 3), ({"reasons": ["too_long"]}, 1), ({"reasons": ["too_long", "timeout"]}, 2)]
)
def test_what_is_named_is_owed_again(asked, n):
    made = failed(finished_run(3), "timeout", "too_long", "unparsable")
    assert run_retry_failed(run=made, **asked) == n
    assert reports.run_progress(made).owed == n


def test_what_is_owed_again_is_claimed_again():
    made = failed(finished_run(1), "timeout")
    run_retry_failed(run=made)
    [work] = ledger.claim(made, Options.from_config(made.config), ME, 9)
    assert [unit.relation for unit in work.units] == ["isA"]  # of isA and usedFor, in the order of the relations


def test_units_without_features_follow_their_products():
    made = failed(finished_run(2), "no_features", "no_features", "no_features")  # two of co-buy 1, one of co-buy 2
    first, second = made.cobuys.order_by("pk")
    Failure.objects.create(run=made, step="feature", product=first.cobuy.a, reason="timeout", detail="x")
    Failure.objects.create(run=made, step="feature", product=second.cobuy.b, reason="bad_picture", detail="x")
    assert run_retry_failed(run=made) == 1 + 2  # the feature that timed out, the two units for want of it
    assert list(made.cobuys.order_by("pk").values_list("n_owed", flat=True)) == [2, 0]


def test_nothing_to_ask_again_is_refused_and_changes_nothing():
    made = failed(finished_run(1), "too_long")
    with pytest.raises(RunRefused, match="no such failure"):
        run_retry_failed(run=made)
    assert Run.objects.get().state == "done"


def test_a_cobuy_in_hand_is_left_to_who_has_it():
    cobuys(2)
    made = run(relations="isA")
    one, _ = works = ledger.claim(made, Options.from_config(made.config), ME, 9)
    why = Outcome(None, Why("timeout", "slow"), "", Usage())
    ledger.record(made, ME, [IntentionEnded(work.id, Unit("isA", 0), why) for work in works])
    made.cobuys.filter(cobuy=one.id).update(claimed_until=Now() - timedelta(seconds=1))
    assert run_retry_failed(run=made) == 1
    assert made.cobuys.get(cobuy=one.id).n_owed == 1


# Strictness and prices


@pytest.mark.parametrize("strictness", [-0.1, 1.1, float("nan")])
def test_a_strictness_is_a_probability(strictness):
    cobuys(1)
    with pytest.raises(RunRefused, match="from 0 to 1"):
        run_set_strictness(run=run(), strictness=strictness)


@pytest.mark.parametrize("price", [-1.0, float("inf"), float("nan")])
def test_a_price_is_a_number_of_dollars(price):
    cobuys(1)
    with pytest.raises(RunRefused, match="at least 0"):
        run_set_prices(run=run(), prices={"prompt": price})


# In the terminal


def test_commands_say_what_became_of_the_run():
    cobuys(1)
    run()
    assert said("pause_run") == "Run r1 is paused; go on with: resume_run r1\n"
    Worker.objects.create(name="w", seen_at=Now())
    assert said("resume_run") == "Run r1 goes on.\n"
    assert json.loads(said("cancel_run", "--json"))["state"] == "cancelled"


def test_going_on_without_a_worker_says_so():
    cobuys(1)
    run()
    assert said("resume_run").endswith("No worker is running. Start one with: make worker\n")


@pytest.mark.parametrize(("words", "n"), [((), 1), (("--all",), 2), (("--reason", "too_long"), 1)])
def test_retrying_says_how_many(words, n):
    failed(finished_run(1), "timeout", "too_long")
    assert said("retry_failed", *words).startswith(f"Run r1 asks again for {n} that failed.")


@pytest.mark.parametrize("command", ["run_status", "pause_run", "resume_run", "cancel_run", "retry_failed"])
def test_a_run_that_is_none_is_one_line(command):
    with pytest.raises(CommandError, match="There is no run named r1"):
        said(command)


def test_a_refusal_is_one_line():
    finished_run(1)
    with pytest.raises(CommandError, match="r1 is done: only a running run can be paused"):
        said("pause_run")


def test_other_servers_are_checked_before_they_are_written():
    cobuys(1)
    made = run(backend="openai", model="m", base_urls=["http://127.0.0.1:1"])
    with pytest.raises(CommandError, match="can't be reached"):
        said("resume_run", "--base-url", "http://127.0.0.1:2")
    made.refresh_from_db()
    assert made.base_urls == ["http://127.0.0.1:1"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "nonsense://x"])
def test_a_lost_broker_costs_the_wake_up_and_no_state(broker, monkeypatch):
    cobuys(1)
    run_pause(run=run())
    monkeypatch.setattr(app.conf, "broker_url", broker)
    assert "The broker can't be reached now; the run goes on by itself" in said("resume_run")
    assert Run.objects.get().state == "running"


# On the page


@pytest.mark.parametrize(
    ("verb", "data"),
    [("state", {"state": "paused"}), ("retry", {}), ("strictness", {"strictness": "1"}), ("prices", {})],
)
def test_only_researchers_act_and_only_with_a_token(verb, data, as_annotator, researcher):
    cobuys(1)
    made = run()
    url = reverse(f"run-{verb}", args=["r1"])
    assert as_annotator.post(url, data).status_code == 403
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(researcher)
    assert forged.post(url, data).status_code == 403
    assert forged.get(url).status_code == 405
    made.refresh_from_db()
    assert (made.state, made.strictness) == ("running", 0.5)


def test_buttons_move_the_run_and_say_by_whom(as_researcher):
    cobuys(1)
    run()
    url = reverse("run-state", args=["r1"])
    for state, message in [("paused", "Paused by rosa."), ("running", ""), ("cancelled", "Cancelled by rosa.")]:
        page = as_researcher.post(url, {"state": state}, follow=True)
        assert page.status_code == 200
        assert Run.objects.values_list("state", "message").get() == (state, message)


@pytest.mark.parametrize(
    ("state", "words"), [("paused", "r1 is done: only"), ("eaten", "paused, resumed or cancelled")]
)
def test_a_refusal_is_said_on_the_page(state, words, as_researcher):
    finished_run(1)
    page = as_researcher.post(reverse("run-state", args=["r1"]), {"state": state}, follow=True).content.decode()
    assert words in page


def test_the_button_asks_again_for_one_reason(as_researcher):
    failed(finished_run(2), "timeout", "timeout", "empty")
    page = as_researcher.post(reverse("run-retry", args=["r1"]), {"reason": "timeout"}, follow=True)
    assert "Asked again: 2 failures." in page.content.decode()
    assert list(Failure.objects.values_list("reason", flat=True)) == ["empty"]


def test_strictness_moves_the_share_that_is_kept(as_researcher):
    finished_run(3)  # 6 verdicts, p_yes 0.9 and 0.2 in turn
    seen = as_researcher.get(reverse("run-kept-at", args=["r1"]), {"strictness": "0.1"}).content.decode()
    assert "100.0 % kept (6 of 6 verdicts)" in seen
    page = as_researcher.post(reverse("run-strictness", args=["r1"]), {"strictness": "0.1"}, follow=True)
    assert page.context["page"]["figures"][0]["big"] == "100.0"


@pytest.mark.parametrize("strictness", ["", "2", "nan", "x"])
def test_a_strictness_that_is_none_changes_nothing(strictness, as_researcher):
    finished_run(1)
    page = as_researcher.post(reverse("run-strictness", args=["r1"]), {"strictness": strictness}, follow=True)
    assert "from 0 to 1" in page.content.decode()
    assert as_researcher.get(reverse("run-kept-at", args=["r1"]), {"strictness": strictness}).status_code == 422


def test_prices_are_set_and_taken_back(as_researcher):
    cobuys(1)
    run()
    url = reverse("run-prices", args=["r1"])
    as_researcher.post(url, {"prompt": "0.2", "cached": "", "completion": "0.6"})
    assert Run.objects.get().prices == {"prompt": 0.2, "completion": 0.6}
    as_researcher.post(url, {"prompt": "-1"})
    assert Run.objects.get().prices == {"prompt": 0.2, "completion": 0.6}
    as_researcher.post(url, {})
    assert Run.objects.get().prices == {}
