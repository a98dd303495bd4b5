"""Small model servers for tests of the backend, and one request to one of them."""

import asyncio
import inspect
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

from distillation.lvlm.base import Image, Judge, Reply, Request, Text
from distillation.lvlm.openai.address import endpoint
from distillation.lvlm.openai.backend import OpenAIBackend
from distillation.pipeline.records import PairRecord, ProductRecord

SUBJECT = Judge(PairRecord(ProductRecord("A", "a"), ProductRecord("B", "b")), "usedFor", "They fit.")
PICTURE = Image("aa", b"\xff\xd8jpeg")
REQUEST = Request(SUBJECT, "Sys", (PICTURE, Text("Yes or no?")), 64, 0.2, choices=("Yes", "No"), logprobs=True, seed=7)


def completion(text: str = "Yes, both.", finish: str = "stop", p_yes: float | None = None, **message) -> web.Response:
    tops = [] if p_yes is None else [("Yes", p_yes), ("No", 1 - p_yes)]
    tokens = [{"token": token, "logprob": math.log(p)} for token, p in tops]
    choice = {
        "message": {"content": text, **message},
        "finish_reason": finish,
        "logprobs": {"content": [{**tokens[0], "top_logprobs": tokens}]} if tokens else None,
    }
    usage = {"prompt_tokens": 90, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 80}}
    return web.Response(body=orjson.dumps({"choices": [choice], "usage": usage}), content_type="application/json")


def error(status: int, words: str, **headers: str) -> web.Response:
    body = orjson.dumps({"error": {"message": words}})
    return web.Response(status=status, body=body, headers=headers)


Answer = Callable[[web.Request], web.Response]


@asynccontextmanager
async def serving(answer: Callable, models: Sequence[str] | None = ("m",)) -> AsyncIterator[str]:
    """A server's URL; `answer` gets the body of each chat request."""

    async def chat(request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        told = answer(request, body)
        return await told if inspect.isawaitable(told) else told

    async def list_models(request: web.Request) -> web.Response:
        if models is None:
            return aborted(request)
        return web.json_response({"data": [{"id": name} for name in models]})

    app = web.Application()
    app.add_routes([web.post("/v1/chat/completions", chat), web.get("/v1/models", list_models)])
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


def talk(*answers: Answer, models: Sequence[str] | None = ("m",), **more) -> tuple[Reply, list[dict]]:
    """One request to a server that gives the answers in turn, the last for ever; also what it was sent."""
    sent: list[dict] = []

    def answer(request: web.Request, body: dict) -> web.Response:
        sent.append(body)
        return answers[min(len(sent), len(answers)) - 1](request)

    async def run() -> Reply:
        async with serving(answer, models) as url, OpenAIBackend(model="m", base_urls=[url], **more) as backend:
            return await backend.reply(REQUEST)

    return asyncio.run(run()), sent


def aborted(request: web.Request) -> web.Response:
    request.transport.abort()
    return web.Response()


def backend_knowing(url: str, **abilities: object) -> OpenAIBackend:
    """As if the server had been asked what it can do."""
    return OpenAIBackend(model="m", base_urls=[url], known={str(endpoint(url)): abilities})


def asked_at_once(answer: Callable, n: int, **abilities: object) -> tuple[list[Reply], dict]:
    """The replies to so many equal requests, and what is known of the server then."""

    async def run() -> tuple[list[Reply], dict]:
        async with serving(answer) as url, backend_knowing(url, **abilities) as backend:
            replies = await asyncio.gather(*(backend.reply(REQUEST) for _ in range(n)))
            return replies, next(iter(backend.known.values()))

    return asyncio.run(run())
