"""Calls of the batch API, against a server of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from distillation.lvlm.base import BackendAway, Unfit
from distillation.lvlm.batch.api import BatchApi
from distillation.lvlm.batch.sender import Sending, Stage
from distillation.lvlm.openai.address import endpoint
from distillation.lvlm.openai.link import Link
from distillation.lvlm.openai.servers import Server
from tests.distillation.batch_server import BatchServer, batch_serving
from tests.distillation.odd_server import serving

T = TypeVar("T")


def ask(url: str, question: Callable[[BatchApi], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Link(api_key="sk-secret") as link:
            return await question(BatchApi(Server(endpoint(url), 1), link))

    return asyncio.run(run())


@pytest.fixture
def sending(tmp_path: Path) -> Sending:
    path = tmp_path / "k.jsonl"
    path.write_text('{"custom_id": "x", "body": {"model": "m", "messages": [{"content": "Why?"}]}}\n')
    return Sending("k", "r1", path)


def sent(server: BatchServer, sending: Sending) -> str:
    async def both(api: BatchApi) -> str:
        return await api.send(replace(sending, file_id=sending.file_id or await api.upload(sending)))

    return ask(server.url, both)


def test_what_was_sent_before_is_found_again_however_much_came_after(sending: Sending) -> None:
    with batch_serving() as server:
        first = sent(server, sending)
        for n in range(5):  # the server lists two a page
            sent(server, replace(sending, key=f"other{n}"))
        assert sent(server, replace(sending, tried=True)) == first
        assert (len(server.files), len(server.batches)) == (6, 6)


def test_a_server_that_drops_metadata_is_asked_by_the_file(sending: Sending) -> None:
    with batch_serving() as server:
        first = sent(server, sending)
        server.batches[first]["metadata"] = None
        assert sent(server, replace(sending, tried=True)) == first


def test_answers_and_errors_are_read_and_no_more_than_were_to_be_expected(sending: Sending) -> None:
    async def lines(api: BatchApi, most: int) -> list[bytes]:
        look = await api.look("batch-1")
        return [line async for line in api.lines(look.outputs, most)]

    with batch_serving() as server:
        server.repeats = {1}
        sent(server, sending)
        assert len(ask(server.url, lambda api: lines(api, 2))) == 2
        with pytest.raises(Unfit, match="more answers than it was asked for"):
            ask(server.url, lambda api: lines(api, 1))


def test_a_batch_that_nobody_knows_of_is_gone() -> None:
    with batch_serving() as server:
        assert ask(server.url, lambda api: api.look("batch-9")).stage == Stage.GONE


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ((307, b"", {"Location": "http://elsewhere.example/"}), Unfit, "redirects to elsewhere.example"),
        ((401, {"error": "No key sk-secret"}, {}), Unfit, r"turns us away .401: No key \*\*\*"),
        ((503, {"error": "Later"}, {}), BackendAway, "takes no batch now .503: Later"),
        ((429, {"error": "Slow down"}, {}), BackendAway, "takes no batch now"),
        ((400, {"error": "No such endpoint"}, {}), Unfit, "refuses a batch .400: No such endpoint"),
        ((200, b"<html>sk-secret", {}), BackendAway, r"no JSON object .b'<html>\*\*\*'"),
        ((200, b"x" * (3 << 20), {}), BackendAway, "over 2,097,152 bytes"),
    ],
)
def test_what_it_refuses_is_one_line_without_the_key(
    told: tuple, error: type[Exception], words: str, sending: Sending
) -> None:
    with serving() as server, pytest.raises(error, match=words):
        server.models = lambda n: told
        ask(server.url, lambda api: api.look("batch-1"))


def test_a_query_of_the_servers_stays() -> None:
    with serving() as server:
        server.models = lambda n: (200, {"data": [], "has_more": False}, {})
        tried = Sending("k", "r1", Path("/nowhere"), True, "file-1")
        with pytest.raises(BackendAway):  # the chat server makes no batch
            ask(f"{server.url}?api-version=2", lambda api: api.send(tried))
    assert server.paths[0] == "/v1/batches?limit=100&api-version=2"
