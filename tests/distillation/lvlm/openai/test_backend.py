"""What becomes of one request, and what is tried again."""

import asyncio
import base64

import pytest
from aiohttp import web

from distillation.lvlm.base import Reply, Unfit, WrongModel
from distillation.lvlm.openai.backend import OpenAIBackend
from tests.distillation.lvlm.openai.talking import PICTURE, REQUEST, aborted, completion, error, serving, talk

KEY = "sk-very-secret"


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


@pytest.mark.parametrize(("pause_s", "reason"), [(0.0, "reset"), (0.02, "timeout")])
def test_a_reply_without_end_is_cut_off_by_its_size_or_by_the_clock(pause_s: float, reason: str):
    async def endless(request: web.Request, body: dict) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65_536 if not pause_s else b" ")
            await asyncio.sleep(pause_s)

    async def run() -> Reply:
        async with (
            serving(endless) as url,
            OpenAIBackend(model="m", base_urls=[url], timeout_s=0.3 if pause_s else 20) as backend,
        ):
            return await backend.reply(REQUEST)

    assert asyncio.run(run()).error.reason == reason


def test_an_error_within_a_200_is_what_it_says():
    body = b'{"choices": null, "error": {"message": "Provider returned error", "code": 503}}'
    reply, sent = talk(lambda _: web.Response(body=body), lambda _: completion())
    assert (reply.error, len(sent)) == (None, 2)


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
