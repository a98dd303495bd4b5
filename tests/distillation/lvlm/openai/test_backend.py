import asyncio
import base64
import inspect
import math
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from distillation.lvlm.base import BackendAway, Image, Judge, Reply, Request, Text, Unfit, WrongModel
from distillation.lvlm.openai import servers
from distillation.lvlm.openai.address import endpoint
from distillation.lvlm.openai.backend import OpenAIBackend
from distillation.pipeline.records import PairRecord, ProductRecord

SUBJECT = Judge(PairRecord(ProductRecord("A", "a"), ProductRecord("B", "b")), "usedFor", "They fit.")
PICTURE = Image("aa", b"\xff\xd8jpeg")
REQUEST = Request(SUBJECT, "Sys", (PICTURE, Text("Yes or no?")), 64, 0.2, choices=("Yes", "No"), logprobs=True, seed=7)
FAKE = Path(__file__).parents[5] / "shared" / "bench" / "fake_lvlm.py"
KEY = "sk-very-secret"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "FIRST_BACKOFF_S", 0.001)


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


def test_a_reply_carries_text_probability_and_usage():
    reply, _ = talk(lambda _: completion(p_yes=0.8))
    assert (reply.text, reply.finish, reply.error) == ("Yes, both.", "stop", None)
    assert reply.p_yes == pytest.approx(0.8)
    assert (reply.usage.calls, reply.usage.prompt_tokens, reply.usage.cached_tokens) == (1, 90, 80)


def test_the_request_is_the_chat_format():
    _, sent = talk(lambda _: completion())
    system, user = sent[0]["messages"]
    url = "data:image/jpeg;base64," + base64.b64encode(PICTURE.jpeg).decode()
    assert system == {"role": "system", "content": "Sys"}
    assert user["content"] == [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "Yes or no?"},
    ]
    assert (sent[0]["model"], sent[0]["max_tokens"], sent[0]["seed"]) == ("m", 64, 7)
    assert sent[0]["structured_outputs"] == {"choice": ["Yes", "No"]}
    assert (sent[0]["logprobs"], sent[0]["top_logprobs"]) == (True, 20)


FAULTS = {
    "server_error": lambda _: error(500, "boom"),
    "malformed": lambda _: web.Response(text='{"choices": [{"mess', content_type="application/json"),
    "empty": lambda _: completion("  "),
    "reset": aborted,
}


@pytest.mark.parametrize("reason", FAULTS)
def test_what_can_succeed_is_tried_again(reason: str):
    reply, sent = talk(FAULTS[reason], lambda _: completion())
    assert (reply.text, reply.error) == ("Yes, both.", None)
    assert reply.usage.calls == len(sent) == 2


@pytest.mark.parametrize("reason", FAULTS)
def test_five_tries_are_enough(reason: str):
    reply, sent = talk(FAULTS[reason])
    assert (reply.error.reason, len(sent)) == (reason, 5)


@pytest.mark.parametrize(
    ("status", "words", "reason"),
    [
        (
            400,
            "This model's maximum context length is 4096 tokens. However, you requested 9000 (image: 576)",
            "too_long",
        ),
        (400, "The decoder prompt is longer than the maximum model length of 4096", "too_long"),
        (400, "cannot identify image file", "bad_picture"),
        (400, "temperature must be a number", "bad_request"),
        (404, "No such path", "bad_request"),
    ],
)
def test_what_can_not_succeed_is_recorded_at_once_in_the_servers_words(status: int, words: str, reason: str):
    reply, sent = talk(lambda _: error(status, words))
    assert (reply.error.reason, len(sent)) == (reason, 1)
    assert words in reply.error.detail


def test_odd_answers_are_told_apart():
    assert talk(lambda _: completion("They", finish="length"))[0].finish == "length"
    assert talk(lambda _: completion(None, refusal="I won't."))[0].error.reason == "refused"
    assert talk(lambda _: web.Response(text="[" * 10))[0].error.reason == "malformed"
    assert talk(lambda _: web.Response(body=b"x" * 3_000_000))[0].error.reason == "reset"


def test_a_slow_answer_is_a_time_out():
    async def slow(*_: object) -> web.Response:
        return await asyncio.Event().wait()  # for ever

    async def run() -> Reply:
        async with serving(slow) as url, OpenAIBackend(model="m", base_urls=[url], timeout_s=0.05) as backend:
            return await backend.reply(REQUEST)

    assert asyncio.run(run()).error.reason == "timeout"


def test_a_server_that_is_away_is_no_failure_of_the_item():
    async def run() -> None:
        url = f"http://127.0.0.1:{unused_port()}"
        async with OpenAIBackend(model="m", base_urls=[url], patience_s=0.05) as backend:
            with pytest.raises(BackendAway, match="No answer from http"):
                await backend.reply(REQUEST)
            with pytest.raises(BackendAway, match="can't be reached"):
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


def backend_knowing(url: str, **abilities: object) -> OpenAIBackend:
    """As if the server had been asked what it can do."""
    return OpenAIBackend(model="m", base_urls=[url], known={str(endpoint(url)): abilities})


def pictures_sent(uuids: bool, calls: int = 3) -> list[list[dict]]:
    """The picture parts of some calls, one after another, to a server that knows uuids or not."""
    sent, known = [], set()

    def answer(_: web.Request, body: dict) -> web.Response:
        parts = [part for part in body["messages"][1]["content"] if part["type"] == "image_url"]
        sent.append(parts)
        unknown = any(part["image_url"] is None and part["uuid"] not in known for part in parts)
        known.update(part["uuid"] for part in parts if "uuid" in part)
        if len(sent) == 2:
            known.clear()  # as if it had been restarted
        return error(400, "unknown uuid") if unknown else completion()

    async def run() -> None:
        async with serving(answer) as url, backend_knowing(url, uuids=uuids) as backend:
            for _ in range(calls):
                assert (await backend.reply(REQUEST)).error is None

    asyncio.run(run())
    return sent


def test_a_server_that_knows_uuids_gets_each_picture_once_and_again_when_it_forgot():
    url = {"url": "data:image/jpeg;base64," + base64.b64encode(PICTURE.jpeg).decode()}
    forms = [part["image_url"] for parts in pictures_sent(uuids=True, calls=4) for part in parts]
    # bytes; by uuid; by uuid, refused; bytes; by uuid
    assert forms == [url, None, None, url, None]


def test_a_server_that_takes_no_notice_of_uuids_gets_the_picture_every_time():
    sent = pictures_sent(uuids=False)
    assert all(part["image_url"] and "uuid" not in part for parts in sent for part in parts)
    assert len(sent) == 3


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


def test_the_key_is_sent_and_never_told():
    def echo(request: web.Request) -> web.Response:
        return error(400, f"bad header {request.headers['Authorization']}")

    reply, _ = talk(echo, api_key=KEY)
    assert reply.error.detail == "400: bad header Bearer ***"
    assert KEY not in repr(OpenAIBackend(model="m", base_urls=["http://x"], api_key=KEY))
    with pytest.raises(Unfit, match="check the API key") as caught:
        talk(lambda _: error(401, f"wrong key {KEY}"), api_key=KEY)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("served", [["other", "more"], []])
def test_check_names_what_is_served(served: list[str]):
    async def run() -> None:
        async with serving(None, served) as url, OpenAIBackend(model="m", base_urls=[url]) as backend:
            with pytest.raises(WrongModel, match=", ".join(served) or "no model"):
                await backend.check()

    asyncio.run(run())


def test_a_model_that_is_gone_is_no_failure_of_the_item():
    with pytest.raises(WrongModel, match="does not serve 'm'; it serves other"):
        talk(lambda _: error(404, "The model `m` does not exist."), models=["other"])


def test_all_kinds_of_fault_against_the_fake_server():
    if not FAKE.exists():
        pytest.skip("../shared/bench/fake_lvlm.py is not there")
    port = unused_port()
    faults = ["--fail-rate", "0.3", "--fail-kinds", "500,badjson,empty,reset", "--words", "5"]
    server = subprocess.Popen([sys.executable, str(FAKE), "--port", str(port), *faults])

    async def run() -> list[Reply]:
        url = f"http://127.0.0.1:{port}"
        known: dict = {
            str(endpoint(url)): {}
        }  # what it can do is not asked of a server that fails a third of its calls
        async with OpenAIBackend(model="fake", base_urls=[url], known=known, patience_s=20) as backend:
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


def asked_at_once(answer: Callable, n: int, **abilities: object) -> tuple[list[Reply], dict]:
    """The replies to so many equal requests, and what is known of the server then."""

    async def run() -> tuple[list[Reply], dict]:
        async with serving(answer) as url, backend_knowing(url, **abilities) as backend:
            replies = await asyncio.gather(*(backend.reply(REQUEST) for _ in range(n)))
            return replies, next(iter(backend.known.values()))

    return asyncio.run(run())


def test_a_refused_parameter_is_left_away_and_the_reply_counts():
    sent = []

    def answer(_: web.Request, body: dict) -> web.Response:
        sent.append(body)
        return error(400, "logprobs are not supported") if "logprobs" in body else completion()

    (reply,), known = asked_at_once(answer, 1)
    assert (reply.error, reply.usage.calls, known["top_logprobs"]) == (None, 2, 0)
    assert ["logprobs" in body for body in sent] == [True, False]


def test_what_one_call_has_learnt_an_earlier_one_does_not_undo():
    learnt = asyncio.Event()
    first = []

    async def answer(_: web.Request, body: dict) -> web.Response:
        if "logprobs" not in body:
            learnt.set()
            return completion()
        if not first:
            first.append(body)
            await learnt.wait()  # taken before the server changed its mind
            await asyncio.sleep(0.05)
            return completion()
        return error(400, "logprobs are not supported")

    replies, known = asked_at_once(answer, 2)
    assert [reply.error for reply in replies] == [None, None]
    assert known["top_logprobs"] == 0


def test_a_model_that_turns_out_to_reason_is_given_room_once_for_all():
    rooms = []

    def answer(_: web.Request, body: dict) -> web.Response:
        rooms.append(body["max_tokens"])
        return completion("<think>so", "length") if body["max_tokens"] < 2_000 else completion("<think>so</think>Yes")

    async def run() -> list[Reply]:
        async with serving(answer) as url, backend_knowing(url) as backend:
            return [await backend.reply(REQUEST) for _ in range(3)]

    assert [reply.text for reply in asyncio.run(run())] == ["<think>so</think>Yes"] * 3
    assert rooms == [64, 4096, 4096, 4096]  # REQUEST asks for 64


def test_pictures_that_are_refused_in_mid_run_end_it():
    with pytest.raises(Unfit, match="takes no pictures: run without them"):
        talk(lambda _: error(400, "m is not a multimodal model"))


def test_used_up_money_ends_it_and_a_guards_refusal_is_the_items():
    for told in (error(402, "Payment required"), error(429, "You exceeded your current quota")):
        with pytest.raises(Unfit, match="the quota is used up"):
            talk(lambda _, told=told: told)
    reply, _ = talk(lambda _: error(403, "Your input was flagged by moderation"))
    assert reply.error.reason == "refused"


def test_an_error_within_a_200_is_what_it_says():
    body = b'{"choices": null, "error": {"message": "Provider returned error", "code": 503}}'
    reply, sent = talk(lambda _: web.Response(body=body), lambda _: completion())
    assert (reply.error, len(sent)) == (None, 2)
