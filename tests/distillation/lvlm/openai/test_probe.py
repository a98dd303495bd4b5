"""What is found out of a server before a run; each refusal costs a call or two."""

import asyncio
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from distillation.lvlm.openai import link
from distillation.lvlm.openai.backend import OpenAIBackend
from distillation.lvlm.openai.probe import Report
from tests.distillation.odd_server import (
    Manner,
    OddServer,
    Told,
    answer,
    completion,
    images,
    is_verdict,
    plain,
    refused,
    serves,
    serving,
)

PLAIN_CALLS = 6  # feature, intention, verdict (twice: without probabilities it is held to its form), choice, uuids


def asked(server: OddServer, **more: Any) -> Report:
    async def report() -> Report:
        async with OpenAIBackend(**{"model": "m", "base_urls": [server.url], **more}) as backend:
            return (await backend.reports())[0]

    return asyncio.run(report())


def found(manner: Manner, **more: Any) -> Report:
    with serving(manner) as server:
        return asked(server, **more)


def refuses(when: Callable[[dict[str, Any]], object], told: Told) -> Manner:
    return lambda body, n: told if when(body) else plain(body, n)


def test_a_plain_server_is_asked_a_few_times():
    report = found(plain)
    assert (report.problem, report.away, report.lacking, report.calls) == (None, None, None, PLAIN_CALLS)
    assert (report.model, report.models, report.abilities.model) == ("m", ("m",), "m")


@pytest.mark.parametrize(
    ("name", "ability"),
    [("seed", "seed"), ("temperature", "temperature"), ("logprobs", "top_logprobs"), ("max_tokens", "room")],
)
@pytest.mark.parametrize("words", ["Unsupported parameter: {}", "Bad request"])
def test_a_refused_parameter_is_found_by_name_or_by_trial(name: str, ability: str, words: str):
    report = found(refuses(lambda body: name in body, refused(400, words.format(name))))
    assert report.problem is None
    assert not report.abilities.has(ability) or report.abilities.room == "max_completion_tokens"
    assert report.calls <= PLAIN_CALLS + 8


def test_a_server_that_knows_uuids_takes_a_known_picture_and_no_unknown_one():
    known: set[str] = set()

    def keeps(body: dict[str, Any], n: int) -> Told:
        if any(image["image_url"] is None and image["uuid"] not in known for image in images(body)):
            return refused(400, "unknown uuid")
        known.update(image["uuid"] for image in images(body) if "uuid" in image)
        return plain(body, n)

    assert found(keeps).abilities.uuids
    assert not found(plain).abilities.uuids  # it answers though it can't know the picture


def test_probabilities_are_there_where_they_come():
    logprobs = {"content": [{"token": "Yes", "logprob": -0.1}]}
    report = found(lambda body, n: completion(answer(body), logprobs=logprobs if body.get("logprobs") else None))
    assert report.abilities.top_logprobs == 20
    assert "no probabilities" not in " ".join(report.abilities.costs())


def test_no_probabilities_cost_a_step_of_the_curve():
    costs = list(found(plain).abilities.costs())
    assert "no probabilities: verdicts count as 1 or 0; the threshold curve will be a step" in costs


def test_a_model_that_reasons_is_given_room_at_once():
    with serving(lambda body, n: completion(f"<think>hm</think>{answer(body)}")) as server:
        assert asked(server).abilities.reasons
        assert [body["max_tokens"] for body in server.calls[:3]] == [512, 4096, 4096]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (completion(None, "length", reasoning="hm"), "spends all its room on reasoning"),
        (completion("Ein kleines braunes Stück aus Leder."), "does not answer in English"),
        (completion("<|foo|>"), "wraps its answers so that none can be told"),
        ((200, b"<html>Sign in</html>", {}), "a web page, not a chat completion"),
        ((200, b"x" * 10_000_000, {}), "the answer is over 2,097,152 bytes"),
        ((302, b"", {"Location": "https://login.example/"}), "redirects to login.example, and no redirect is followed"),
        (refused(401, "no key"), "turns us away .401: no key"),
        (refused(404, "Not Found"), "/v1/chat/completions does not exist .404: Not Found"),
        (refused(429, "You exceeded your current quota"), "the quota is used up"),
    ],
)
def test_what_no_run_can_be_made_with(told: Told, words: str):
    report = found(lambda body, n: told)
    assert re.search(words, str(report.problem or report.away))


def test_no_redirect_is_followed():
    with serving() as other, serving(lambda body, n: (307, b"", {"Location": f"{other.url}/v1"})) as server:
        assert asked(server, api_key="sk-secret").problem
        assert other.paths == []


ILL: tuple[Told, ...] = (
    refused(500, "Oops"),
    (200, b'{"choices": [{"mess', {}),
    completion("  "),
    refused(502, "Bad gateway"),
)


@pytest.mark.parametrize("told", [*ILL, None], ids=["500", "badjson", "empty", "502", "all"])
@pytest.mark.parametrize("seed", range(5))
def test_a_third_of_calls_that_fail_hides_nothing_that_the_server_can_do(told: Told | None, seed: int):
    """A refusal that is one is still seen among them; and the list of models fails, too."""
    draw = random.Random(seed)

    def manner(body: dict[str, Any], n: int) -> Told:
        if draw.random() < 0.3:
            return told or draw.choice(ILL)
        return refused(400, "seed is not supported") if "seed" in body else plain(body, n)

    with serving(manner) as server:
        server.models = lambda n: refused(500, "Oops") if draw.random() < 0.3 else serves("m")
        report = asked(server)
    assert (report.problem, report.away) == (None, None)
    can = report.abilities
    assert (can.pictures, can.system, can.temperature, can.room, can.choice) == (
        2, True, True, "max_tokens", "structured_outputs"
    )  # fmt: skip
    assert not can.seed


def test_a_server_that_takes_no_call_now_is_away_and_no_failure():
    report = found(lambda body, n: refused(429, "Slow down"), patience_s=0.1)
    assert (report.problem, "429: Slow down" in str(report.away)) == (None, True)


def test_a_server_that_never_answers_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(link, "CHECK_S", 0.1)
    with serving() as server, server.lock:  # it takes the call and says nothing
        report = asked(server, timeout_s=0.1)
    assert "can't be reached" in str(report.away) or "no answer" in str(report.problem)


@pytest.mark.parametrize("models", [(404, {"detail": "Not Found"}, {}), (200, b"<html>", {}), serves()])
def test_models_that_are_not_listed_are_believed_or_asked_for(models: Told):
    with serving() as server:
        server.models = lambda n: models
        named, unnamed = asked(server), asked(server, model="")
    if models == serves():  # a list without a model says that there is none
        assert "it serves no model" in str(named.problem)
    else:
        assert (named.problem, named.abilities.listed) == (None, False)
        assert "does not list its models: name the one" in str(unnamed.problem)


@pytest.mark.parametrize("name", ["max_model_len", "context_length", "context_window"])
def test_the_context_is_read_where_models_are_listed_with_theirs(name: str):
    with serving() as server:
        server.models = lambda n: (200, {"data": [{"id": "m", name: 8_192}, {"id": "n"}, {"id": "o", name: "?"}]}, {})
        found = [asked(server, model=model).abilities.context for model in ("m", "n", "o")]
    assert found == [8_192, None, None]


def test_at_most_200_characters_of_an_answer_are_shown():
    long = "They bought both because they are useful. " * 100
    report = found(lambda body, n: plain(body, n) if is_verdict(body) else completion(long))
    assert len(report.example) <= 200
    assert len(str(found(lambda body, n: refused(400, "no " * 10_000)).problem)) < 400


def test_the_version_in_the_query_goes_with_every_call():
    with serving() as server:
        asked(server, base_urls=[f"{server.url}/v1?api-version=7"])
        assert {path.partition("?")[2] for path in server.paths} == {"api-version=7"}


def test_calls_go_by_the_proxy_that_is_named():
    with serving() as proxy:
        report = asked(proxy, base_urls=["http://model.example:8000"], proxy=proxy.url)
        assert report.problem is None
        assert "http://model.example:8000/v1/chat/completions" in proxy.paths


def test_the_environments_proxies_only_when_asked(monkeypatch: pytest.MonkeyPatch):
    with serving() as proxy, serving() as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert asked(server).problem is None
        assert proxy.paths == []
        assert asked(server, base_urls=["http://model.example"], proxy="environment").problem is None
        assert proxy.paths
