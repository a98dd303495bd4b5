"""Servers that are away, busy or ill, and several of them."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from distillation.lvlm.base import BackendAway, Judge, Reply, Request, Text
from distillation.lvlm.openai.backend import OpenAIBackend
from distillation.pipeline.records import PairRecord, ProductRecord
from tests.distillation.lvlm.openai.talking import PICTURE, REQUEST, SUBJECT, aborted, completion, error, serving, talk

FAKE = Path(__file__).parents[5] / "shared" / "bench" / "fake_lvlm.py"


def test_a_server_that_is_away_is_no_failure_of_the_item():
    async def run() -> None:
        url = f"http://127.0.0.1:{unused_port()}"
        async with OpenAIBackend(model="m", base_urls=[url], patience_s=0.05) as backend:
            with pytest.raises(BackendAway, match="No answer from http"):
                await backend.reply(REQUEST)
            with pytest.raises(BackendAway, match=r"can't be reached \(nothing answers there\)"):
                await backend.check()

    asyncio.run(run())


def test_503_for_long_is_away_and_for_a_moment_is_waited_out():
    assert talk(*[lambda _: error(503, "loading")] * 3, lambda _: completion())[0].text == "Yes, both."
    with pytest.raises(BackendAway, match="loading"):
        talk(lambda _: error(503, "loading"), patience_s=0.02)


def test_the_other_server_takes_over():
    async def run() -> Reply:
        async with serving(lambda *_: completion()) as url:
            urls = [url, f"http://127.0.0.1:{unused_port()}"]
            for order in (urls, urls[::-1]):
                async with OpenAIBackend(model="m", base_urls=order) as backend:
                    await backend.check()  # one of both is enough
                    reply = await backend.reply(REQUEST)
        return reply

    assert asyncio.run(run()).error is None


def test_429_is_waited_out_as_long_as_it_takes_and_then_it_is_the_server():
    slow_down = [lambda _: error(429, "slow down", **{"Retry-After": "0"})]
    assert talk(*slow_down * 9, lambda _: completion())[0].error is None
    with pytest.raises(BackendAway, match="slow down"):
        talk(*slow_down, patience_s=0.05)


def test_502_is_a_server_that_is_away():
    assert talk(*[lambda _: error(502, "no upstream")] * 6, lambda _: completion())[0].usage.calls == 7


def test_a_server_that_breaks_every_connection_is_away_and_no_failure_of_the_item():
    with pytest.raises(BackendAway, match="No answer from http"):
        talk(aborted, models=None, patience_s=0)


def test_two_servers_share_the_load_and_keep_their_cobuys():
    homes: dict[str, set[str]] = {}

    async def answer(request: web.Request, body: dict) -> web.Response:
        homes.setdefault(body["messages"][1]["content"][1]["text"], set()).add(request.host)
        await asyncio.sleep(0.01)
        return completion()

    def asked(cobuy: int) -> Request:
        subject = Judge(PairRecord(ProductRecord(f"A{cobuy}", "a"), ProductRecord("B", "b")), "usedFor", "They fit.")
        return Request(subject, "Sys", (PICTURE, Text(f"{cobuy}: yes or no?")), 64, 0.2)

    async def run() -> None:
        async with (
            serving(answer) as one,
            serving(answer) as two,
            OpenAIBackend(model="m", base_urls=[one, two], in_flight=4) as backend,
        ):
            await asyncio.gather(*(backend.reply(asked(cobuy)) for cobuy in range(8) for _ in range(3)))

    asyncio.run(run())
    assert all(len(hosts) == 1 for hosts in homes.values())
    assert len({host for hosts in homes.values() for host in hosts}) == 2


def test_all_kinds_of_fault_against_the_fake_server():
    if not FAKE.exists():
        pytest.skip("../shared/bench/fake_lvlm.py is not there")
    port = unused_port()
    faults = ["--fail-rate", "0.3", "--fail-kinds", "500,badjson,empty,reset", "--words", "5"]
    server = subprocess.Popen([sys.executable, str(FAKE), "--port", str(port), *faults])

    async def run() -> list[Reply]:
        url = f"http://127.0.0.1:{port}"
        async with OpenAIBackend(model="fake", base_urls=[url], patience_s=20) as backend:
            for _ in range(300):
                with suppress(BackendAway):
                    await backend.check()
                    break
                await asyncio.sleep(0.1)
            requests = [
                Request(SUBJECT, "Sys", (PICTURE, Text(f"{n}: yes or no?")), 64, 0.2, logprobs=True) for n in range(200)
            ]
            return await asyncio.gather(*map(backend.reply, requests))

    try:
        replies = asyncio.run(run())
    finally:
        server.terminate()
        server.wait()
    good = [reply for reply in replies if not reply.error]
    assert len(good) >= 190  # 200 x 0.3^5 = 0.5 expected to fail five times
    assert all(reply.text.startswith("Yes" if reply.p_yes >= 0.5 else "No") for reply in good)
