"""Runs by the batch API, against a server of it: what comes of each call is what would have come of it at once."""

import asyncio
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from distillation.models import Batch, BatchCall, Failure, Feature, Intention, Run, Verdict
from distillation.runs.batches.advance import batches_advance
from distillation.runs.services import run_cancel, run_resume, run_retry_failed
from distillation.tasks import call_off_batches
from tests.distillation.batch_server import answered, batch_serving
from tests.distillation.builders import cobuys
from tests.distillation.odd_server import completion, is_verdict, question, serving
from tests.distillation.runs.batches.running import RELATIONS, account, advance, start, to_the_end, told

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_step_is_a_wave_and_a_unit_has_its_line() -> None:
    cobuys(4)
    with batch_serving() as server:
        run = to_the_end(start(server))
    # 8 products, 4 x 3 intentions, as many verdicts
    assert [batch.n_calls for batch in Batch.objects.order_by("pk")] == [8, 12, 12]
    assert {id_.partition("-")[0] for id_ in server.asked} == {"feature", "intention", "verdict"}
    assert set(server.asked.values()) == {1}
    assert (run.state, Verdict.objects.count(), BatchCall.objects.count()) == ("done", 12, 0)


def test_rows_and_account_are_those_of_a_server_that_answers_at_once() -> None:
    cobuys(4)
    with serving(lambda body, n: (200, answered(body), {})) as live:
        words = ("--backend", "openai", "--base-url", live.url, "--model", "m", "--relations", RELATIONS)
        call_command("distill", "--run", "live", "--no-images", *words, stdout=StringIO())
        at_once = to_the_end(Run.objects.get())
    with batch_serving() as server:
        run = to_the_end(start(server))
    assert at_once.state == run.state == "done"
    assert told(run) == told(at_once)
    assert account(run)["calls"] == 8 + 12 + 12 <= account(at_once)["calls"]  # a slow call may be given up and repeated
    assert {**account(run), "calls": 0} == {**account(at_once), "calls": 0}


def test_lines_that_fail_are_asked_again_and_counted() -> None:
    cobuys(4)
    with batch_serving() as server:
        server.refuses = lambda line, n: (500, {"error": {"message": "Oops"}}) if n == 1 else None
        run = to_the_end(start(server))
    assert (run.state, Verdict.objects.count(), Failure.objects.count()) == ("done", 12, 0)
    assert account(run)["calls"] == 2 * (8 + 12 + 12)
    assert account(run)["prompt_tokens"] == 100 * (8 + 12 + 12)


def test_a_line_that_always_fails_is_a_failure_with_its_reason_and_can_be_retried() -> None:
    cobuys(4)

    def some_verdicts(line: dict, n: int) -> tuple | None:
        is_one = line["custom_id"].startswith("verdict-isA")
        return (503, {"error": {"message": "Overloaded"}}) if is_one and not mended else None

    mended = False
    with batch_serving() as server:
        server.refuses = some_verdicts
        run = to_the_end(start(server))
        failures = set(Failure.objects.values_list("step", "reason", "detail"))
        assert failures == {("verdict", "server_error", "503: Overloaded")}
        assert (run.state, Failure.objects.count(), Verdict.objects.count()) == ("done", 4, 8)
        assert account(run)["calls"] == 8 + 12 + 8 + 4 * 5
        mended = True
        assert run_retry_failed(run=run) == 4
        run = to_the_end(run)
    assert (run.state, Failure.objects.count(), Verdict.objects.count()) == ("done", 0, 12)


def test_what_expired_is_asked_again_and_what_comes_twice_counts_once() -> None:
    cobuys(4)
    with batch_serving() as server:
        server.expires, server.repeats = {1}, {2, 3}
        run = to_the_end(start(server))
    assert Batch.objects.order_by("pk").values_list("message", flat=True)[0] == "expired"
    assert (run.state, Verdict.objects.count(), Feature.objects.count()) == ("done", 12, 8)
    assert account(run)["calls"] == 8 + 4 + 12 + 12  # half of the features once more
    assert sum(server.asked.values()) == account(run)["calls"]


def test_files_are_cut_at_the_limits(settings) -> None:
    cobuys(4)
    settings.LVLM_BATCH_LINES = 3
    with batch_serving() as server:
        run = start(server)
        advance(run)
        assert sorted(Batch.objects.values_list("n_calls", flat=True)) == [2, 3, 3]
        settings.LVLM_BATCH_LINES, settings.LVLM_BATCH_BYTES = 50_000, 4_000
        to_the_end(run)
    sizes = [len(content) for name, content in server.files.values() if name.startswith("mindsite")]
    assert max(sizes) <= 4_000
    assert Verdict.objects.count() == 12


def test_it_says_what_it_waits_for(as_researcher: Client) -> None:
    cobuys(4)
    with batch_serving() as server:
        server.looks = 9
        run = advance(start(server), 2)
    assert run.message == "Waiting for batches: 0 of 8 calls answered, in 1 file; in_progress."
    out = StringIO()
    call_command("run_status", "r1", stdout=out)
    assert "  batches being answered: 1, 0 of 8 calls answered" in out.getvalue().splitlines()
    assert "being answered: 1, 0 of 8 calls answered" in as_researcher.get("/runs/r1/").content.decode()


def test_a_second_question_is_in_the_next_wave() -> None:
    cobuys(2)

    def unclear(body: dict, n: int) -> dict:
        said = "It depends." if is_verdict(body) and "one word only" not in question(body) else None
        return completion(said)[1] if said else answered(body)

    with batch_serving() as server:
        server.answers = unclear
        run = to_the_end(start(server))
    assert (run.state, Verdict.objects.count()) == ("done", 6)
    assert set(Verdict.objects.values_list("yes", "reason")) == {(True, "It depends.")}
    assert account(run)["calls"] == 4 + 6 + 2 * 6


def test_refused_parameters_are_left_away_in_the_next_wave() -> None:
    cobuys(4)

    def picky(line: dict, n: int) -> tuple | None:
        refused = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        return (400, {"error": {"message": refused}}) if "max_tokens" in line["body"] else None

    with batch_serving() as server:
        server.refuses = picky
        run = to_the_end(start(server))
    assert (run.state, Failure.objects.count(), Verdict.objects.count()) == ("done", 0, 12)
    assert [batch.n_calls for batch in Batch.objects.order_by("pk")] == [8, 8, 12, 12]
    assert run.servers[f"{server.url}/v1"]["room"] == "max_completion_tokens"


def test_a_server_that_also_chats_is_asked_first_what_it_can_do() -> None:
    cobuys(2)
    with batch_serving() as server:
        server.chats = True
        run = to_the_end(start(server))
    assert server.counted["POST chat"] > 0
    assert (run.state, run.servers[f"{server.url}/v1"]["uuids"]) == ("done", False)


def test_calls_that_fail_alike_pause_the_run_which_owes_them_still() -> None:
    cobuys(8)
    with batch_serving() as server:
        server.refuses = lambda line, n: (
            (400, {"error": {"message": "No such luck"}}) if len(server.asked) < 13 else None
        )
        run = to_the_end(start(server))
        # 12 of 16 features failed, and the 4 after them are not lost
        assert (run.state, Failure.objects.count(), Feature.objects.count()) == ("paused", 0, 4)
        assert run.message.startswith("The last 5 features failed alike (bad request: 400: No such luck)")
        server.refuses = lambda line, n: None
        run_resume(run=run)
        run = to_the_end(run)
    assert (run.state, Verdict.objects.count(), Failure.objects.count()) == ("done", 24, 0)
    assert sum(server.asked.values()) == 12 + 16 + 24 + 24


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}),
            "the quota is",
        ),
        ((401, {"error": {"message": "Incorrect API key"}}), "turns us away"),
    ],
)
def test_money_and_keys_that_are_gone_pause_the_run(refusal: tuple, words: str) -> None:
    cobuys(4)
    with batch_serving() as server:
        server.refuses = lambda line, n: refusal if line["custom_id"].startswith("intention") else None
        run = to_the_end(start(server))
        assert run.state == "paused"
        assert words in run.message
        server.refuses = lambda line, n: None
        run_resume(run=run)
        run = to_the_end(run)
    assert (run.state, Verdict.objects.count(), Failure.objects.count()) == ("done", 12, 0)


def test_another_model_pauses_the_run_and_its_answers_are_not_taken() -> None:
    cobuys(4)
    with batch_serving() as server:
        server.models = []
        run = advance(start(server), 2)
        server.answers = lambda body, n: {**answered(body), "model": "other"}
        run = to_the_end(run)
    assert "answers as 'other' now, not as 'm'" in run.message
    assert Intention.objects.count() == 0


def test_a_batch_that_is_refused_whole_pauses_the_run_and_a_full_queue_is_waited_for() -> None:
    cobuys(4)
    with batch_serving() as server:
        server.refused_whole = {1: {"code": "invalid_model", "message": "No such model"}}
        run = to_the_end(start(server))
        assert "refuses the whole batch (invalid_model: No such model)" in run.message
        server.refused_whole = {2: {"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}}
        run_resume(run=run)
        run = advance(run, 3)
        assert "Enqueued token limit reached" in run.message
        assert advance(run, 2).state == "running"
        assert len(server.batches) == 2  # not before a minute has passed
        Batch.objects.update(not_before=None)
        assert to_the_end(run).state == "done"
    assert Verdict.objects.count() == 12


def test_a_server_without_batches_is_refused() -> None:
    cobuys(1)
    with serving() as live, pytest.raises(CommandError, match=r"runs no batches .404.: use --backend openai there"):
        live.models = lambda n: (200, {"data": [{"id": "m"}]}, {}) if live.paths[-1] == "/v1/models" else (404, {}, {})
        words = ("--backend", "batch", "--base-url", live.url, "--model", "m")
        call_command("distill", "--run", "r1", "--no-images", *words, stdout=StringIO())
    assert Run.objects.count() == 0


def test_hosts_that_the_operator_does_not_allow_are_not_asked(settings) -> None:
    cobuys(1)
    with batch_serving() as server:
        run = start(server)
        Run.objects.update(any_server=False)  # as if a page had started it
        settings.LVLM_HOSTS = ["models.example"]
        server.counted.clear()
        assert "not among the model servers" in advance(run).message
    assert not server.counted


def test_a_run_that_is_cancelled_calls_its_batches_off_and_keeps_what_was_answered() -> None:
    cobuys(4)
    with batch_serving() as server:
        server.looks = 99
        run = advance(start(server))
        run_cancel(run=run)
        call_off_batches(run.pk)
        assert Batch.objects.get().state == "called_off"
        server.looks = 0
        run_resume(run=run)
        run = to_the_end(run)
    assert (run.state, Verdict.objects.count()) == ("done", 12)
    assert account(run)["calls"] == 8 + 4 + 12 + 12


def test_a_wave_that_is_cut_short_is_gone_on_with_and_asks_nothing_twice() -> None:
    cobuys(4)
    with batch_serving() as server:
        run, asked = start(server), iter([False])
        asyncio.run(batches_advance(run, lambda: next(asked, True)))  # the worker ends with what it has just written
        assert [(batch.state, batch.n_calls) for batch in Batch.objects.all()] == [("writing", 8)]
        assert server.batches == {}
        run = to_the_end(run)
    assert (run.state, Verdict.objects.count(), set(server.asked.values())) == ("done", 12, {1})


def test_features_that_another_run_has_asked_for_are_not_asked_again() -> None:
    cobuys(4)
    with batch_serving() as server:
        to_the_end(start(server))
        run = to_the_end(start(server, "--samples", "2", name="r2"))
    # 12 intentions of another seed besides the 12 that were asked for in r1, too
    assert Counter(id_.partition("-")[0] for id_ in server.asked.elements()) == {
        "feature": 8, "intention": 12 + 24, "verdict": 12 + 24
    }  # fmt: skip
    assert Verdict.objects.filter(intention__run=run).count() == 24


@pytest.mark.parametrize("deletes", [True, False])
def test_files_at_the_server_go_when_their_answers_are_stored_if_the_operator_says_so(settings, deletes: bool) -> None:
    cobuys(2)
    settings.LVLM_BATCH_DELETE = deletes
    with batch_serving() as server:
        server.refused_whole = {1: {"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}}
        server.refuses = lambda line, n: (500, {"error": {"message": "Oops"}}) if n == 1 else None
        run = advance(start(server), 2)
        Batch.objects.update(not_before=None)
        run = to_the_end(run)
    assert (run.state, Verdict.objects.count()) == ("done", 6)
    assert (len(server.files) == 0) == deletes


def test_a_server_that_deletes_nothing_is_only_named_in_the_log(settings, caplog: pytest.LogCaptureFixture) -> None:
    cobuys(1)
    settings.LVLM_BATCH_DELETE = True
    with batch_serving() as server:
        server.deletes = False
        run = to_the_end(start(server))
    assert run.state == "done"
    assert "stays at http://127.0.0.1" in caplog.text
