"""The pipeline against the real vLLM, by its server and by the engine in a worker. Random weights: all is wiring."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db.models import Sum

from distillation.lvlm.base import Backend, Reply, Request
from distillation.models import Failure, Run, Verdict
from distillation.runs.reports import run_progress
from tests.vllm.builders import BROKEN, COBUYS, picture, request
from tests.vllm.conftest import Server

RELATIONS = 18
PICTURE_TOKENS = 576
CAMERA, BACKPACK = picture("camera"), picture("backpack")


@pytest.fixture
def ask(make: Callable[[], Backend]) -> Callable[..., list[Reply]]:
    def ask(*requests: Request) -> list[Reply]:
        async def run() -> list[Reply]:
            async with make() as backend:
                return await asyncio.gather(*map(backend.reply, requests))

        return asyncio.run(run())

    return ask


@pytest.fixture
def ask_in_turn(make: Callable[[], Backend]) -> Callable[..., list[Reply]]:
    def ask_in_turn(*requests: Request) -> list[Reply]:
        async def run() -> list[Reply]:
            async with make() as backend:
                return [await backend.reply(request) for request in requests]

        return asyncio.run(run())

    return ask_in_turn


@pytest.mark.django_db
def test_every_unit_ended(done: Run):
    progress = run_progress(done)
    assert (progress.state, progress.owed, progress.unaccounted) == ("done", 0, 0)
    # the sixth co-buy's units can't begin without the features of its broken picture
    assert progress.units == (COBUYS + 1) * RELATIONS
    reasons = Counter(done.failures.exclude(cobuy=None).values_list("reason", flat=True))
    print(f"{done.backend}: {progress.verdicts.done} verdicts, failures {dict(reasons)}")
    assert reasons["no_features"] == RELATIONS
    assert progress.verdicts.done >= 0.8 * COBUYS * RELATIONS
    assert all(failure.detail for failure in done.failures.all())


@pytest.mark.django_db
def test_every_verdict_has_its_probability(done: Run):
    p_yes = list(Verdict.objects.filter(intention__run=done).values_list("p_yes", flat=True))
    assert None not in p_yes
    assert all(0 <= p <= 1 for p in p_yes)
    # 0 or 1 where noise that starts with one word has not the other among its 20 likeliest; few start with either
    assert sum(0 < p < 1 for p in p_yes) >= 0.8 * len(p_yes)


@pytest.mark.django_db
def test_a_broken_picture_is_recorded_in_the_models_words(done: Run):
    failure = done.failures.get(step=Failure.Step.FEATURE, product__asin=BROKEN)
    assert failure.reason == "bad_picture"
    assert "truncated" in failure.detail


def test_a_prompt_too_long_fails_alone(ask: Callable[..., list[Reply]]):
    before, long, after = ask(request("Why?"), request("far too long a title " * 1_000), request("Why not?"))
    assert long.error.reason == "too_long"
    assert "maximum context length is 4096 tokens" in long.error.detail
    assert (before.error, after.error) == (None, None)


@pytest.mark.parametrize("broken", [b"no picture at all", BACKPACK.jpeg[:2_000]], ids=["text", "cut"])
def test_a_broken_picture_fails_alone(ask: Callable[..., list[Reply]], broken: bytes):
    good, bad = ask(request("Why?", CAMERA), request("Why?", CAMERA, replace(BACKPACK, digest="cut", jpeg=broken)))
    assert (good.error, bad.error.reason) == (None, "bad_picture")


def test_two_pictures_are_both_seen(ask: Callable[..., list[Reply]]):
    none, two = ask(request("Why?"), request("Why?", CAMERA, BACKPACK))
    assert two.usage.prompt_tokens - none.usage.prompt_tokens >= 2 * PICTURE_TOKENS


def test_a_forced_choice_is_one_of_the_choices_with_its_probability(ask: Callable[..., list[Reply]]):
    forced = request("Yes or no?", CAMERA, choices=("Yes", "No"), logprobs=True, max_tokens=8)
    for reply in ask(*[forced] * 8):
        assert reply.text in ("Yes", "No")
        assert 0 < reply.p_yes < 1


def test_a_second_call_about_the_same_pictures_finds_them_in_the_cache(ask_in_turn: Callable[..., list[Reply]]):
    _, second = ask_in_turn(request("One?", CAMERA, BACKPACK), request("Two?", CAMERA, BACKPACK))
    assert second.usage.cached_tokens >= 0.9 * 2 * PICTURE_TOKENS


def test_a_truncated_answer_says_so(ask: Callable[..., list[Reply]]):
    replies = ask(*[request(f"Tell me {n}.", max_tokens=2) for n in range(20)])
    assert {reply.finish for reply in replies} >= {"length"}
    assert all(reply.usage.completion_tokens <= 2 * reply.usage.calls for reply in replies)


@pytest.mark.django_db
def test_most_prompt_tokens_come_from_the_cache(done: Run):
    tokens = done.ticks.aggregate(prompt=Sum("prompt_tokens"), cached=Sum("cached_tokens"))
    share = tokens["cached"] / tokens["prompt"]
    print(f"{done.backend}: {share:.3f} of {tokens['prompt']:,} prompt tokens came from the cache")
    assert share >= 0.8


only_server = pytest.mark.parametrize("asked", ["openai"], indirect=True)


@only_server
@pytest.mark.django_db
def test_the_server_counts_the_same_hits(done: Run, server: Server):
    hits = server.counted("vllm:prefix_cache_hits_total")
    queries = server.counted("vllm:prefix_cache_queries_total")
    print(f"/metrics: {hits:,.0f} of {queries:,.0f} tokens asked for were in the prefix cache: {hits / queries:.3f}")
    assert hits / queries >= 0.8


@only_server
def test_a_picture_the_server_has_is_not_sent_again(ask_in_turn: Callable[..., list[Reply]]):
    first, again = ask_in_turn(request("One?", CAMERA), request("Two?", replace(CAMERA, jpeg=b"these can't be read")))
    assert (first.error, again.error) == (None, None)
    assert again.usage.prompt_tokens >= PICTURE_TOKENS


@only_server
def test_a_picture_the_server_has_forgotten_is_sent_again(make: Callable[[], Backend], server: Server):
    async def run() -> list[Reply]:
        async with make() as backend:
            first = await backend.reply(request("One?", BACKPACK))
            await asyncio.to_thread(server.forget_pictures)
            return [first, await backend.reply(request("Two?", BACKPACK))]

    first, again = asyncio.run(run())
    assert (first.error, again.error) == (None, None)
