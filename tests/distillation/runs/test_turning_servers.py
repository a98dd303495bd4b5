"""Servers that change their mind in mid-run: the run pauses soon, says why, and owes all that it owed."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from distillation.models import Failure, Intention, Run, Verdict
from distillation.runs.services import run_resume, run_retry_failed
from distillation.tasks import advance_run
from tests.distillation.builders import cobuys
from tests.distillation.odd_server import (
    INTENTION,
    OddServer,
    Told,
    answer,
    completion,
    is_verdict,
    plain,
    refused,
    serves,
    serving,
    turning,
)

pytestmark = pytest.mark.django_db(transaction=True)
N_COBUYS, N_UNITS = 20, 20 * 3  # 40 features, 60 intentions, 60 verdicts
# What is in flight when it turns, what answers from before may still let go, and 20 that fail alike until it is known.
IN_FLIGHT, TURNS_AFTER = 8, 40
MOST_FURTHER = 2 * IN_FLIGHT + 20
QUOTA = {"code": "insufficient_quota"}
KINDS: dict[str, tuple[Told, str]] = {
    "all_fail": (refused(400, "This model's settings are broken"), "failed alike .bad request: 400: This model's"),
    "quota": (refused(429, "You exceeded your current quota", **QUOTA), "the quota is used up .429: You exceeded"),
    "unpaid": (refused(402, "Payment required"), "the quota is used up .402: Payment required"),
    "key": (refused(401, "Incorrect API key"), "turns us away .401: Incorrect API key.: check the API key"),
    "redirect": ((307, b"", {"Location": "http://elsewhere.example/v1/"}), "redirects to elsewhere.example"),
    "model": (completion("Yes, so it is.", model="other"), "answers as 'other' now, not as 'm'"),
}


def start(server: OddServer, *words: str) -> Run:
    cobuys(N_COBUYS)
    asked = ("--backend", "openai", "--base-url", server.url, "--model", "m", "--relations", "usedFor,isA,can")
    call_command("distill", "--run", "r1", "--no-images", *asked, *words, stdout=StringIO())
    return Run.objects.get()


def advance(run: Run) -> Run:
    advance_run(run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_turns_pauses_the_run_and_nothing_is_lost(kind: str, settings) -> None:
    settings.LVLM_IN_FLIGHT = IN_FLIGHT
    told, words = KINDS[kind]
    with serving() as server:
        run = start(server)
        turns_at = len(server.calls) + TURNS_AFTER
        server.manner = turning(turns_at, lambda body, n: told)
        if kind == "model":
            server.models = lambda n: serves("other" if n > turns_at else "m")
        run = advance(run)
        assert run.state == "paused"
        assert re.search(words, run.message)
        assert len(server.calls) - turns_at <= MOST_FURTHER
        server.manner, server.models = plain, lambda n: serves("m")
        run_resume(run=run)
        run = advance(run)
    assert (run.state, Failure.objects.count(), Verdict.objects.count()) == ("done", 0, N_UNITS)
    assert Intention.objects.filter(text=INTENTION).count() == N_UNITS


def test_a_quota_that_is_used_up_is_asked_again_by_plain_retry_failed() -> None:
    with serving() as server:
        run = start(server)
        server.manner = turning(len(server.calls) + TURNS_AFTER, lambda body, n: KINDS["unpaid"][0])
        run = advance(run)
        server.manner = plain
        assert run_retry_failed(run=run) == 0  # nothing failed; the run was paused before
        assert advance(run).state == "done"


def test_probabilities_that_are_refused_in_mid_run_are_done_without() -> None:
    logprobs = {"content": [{"token": "Yes", "logprob": 0.0}]}

    def with_logprobs(body: dict, n: int) -> Told:
        return completion(answer(body), logprobs=logprobs if body.get("logprobs") else None)

    def without(body: dict, n: int) -> Told:
        return refused(400, "parameters not supported: ['logprobs']") if body.get("logprobs") else plain(body, n)

    with serving(with_logprobs) as server:
        run = start(server)
        assert run.servers[f"{server.url}/v1"]["top_logprobs"] == 20
        server.manner = turning(len(server.calls) + 80, without, with_logprobs)
        run = advance(run)
    assert (run.state, Failure.objects.count()) == ("done", 0)
    assert {verdict.p_yes for verdict in Verdict.objects.all()} == {1.0, None}
    assert run.servers[f"{server.url}/v1"]["top_logprobs"] == 0


def test_a_fault_can_be_read_while_its_server_is_waited_for() -> None:
    with serving() as server:
        run = start(server)
        server.manner = lambda body, n: refused(429, "Slow down, it is noon")
        run = advance(run)
        assert run.message.startswith("Waiting for the model server: ")
        assert "Slow down, it is noon" in run.message
        server.manner = plain
        assert (advance(run).state, run.message) == ("done", "")


def test_two_servers_of_one_run_are_asked_for_what_both_can() -> None:
    def no_logprobs(body: dict, n: int) -> Told:
        return refused(400, "logprobs are not supported") if body.get("logprobs") else plain(body, n)

    def with_logprobs(body: dict, n: int) -> Told:
        return completion(answer(body), logprobs={"content": [{"token": "Yes", "logprob": 0.0}]})

    with serving(with_logprobs) as one, serving(no_logprobs) as two:
        run = start(one, "--base-url", two.url)
        asked = [len(one.calls), len(two.calls)]
        run = advance(run)
    assert run.state == "done"
    assert all(len(server.calls) > n for server, n in zip((one, two), asked, strict=True))
    assert not any(body.get("logprobs") for body in one.calls[asked[0] :])
    assert set(Verdict.objects.values_list("p_yes", flat=True)) == {None}


def test_a_run_that_fails_now_and_then_goes_on() -> None:
    def every_fourth(body: dict, n: int) -> Told:
        return refused(400, "no such luck") if is_verdict(body) and n % 4 == 0 else plain(body, n)

    with serving() as server:
        run = start(server)
        server.manner = every_fourth
        run = advance(run)
    assert run.state == "done"
    assert Failure.objects.filter(step="verdict", reason="bad_request").count() == N_UNITS - Verdict.objects.count() > 0
