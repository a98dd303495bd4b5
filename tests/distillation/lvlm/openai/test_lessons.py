"""What a backend learns of a server by the way, and does not ask twice."""

import asyncio
import base64

import pytest
from aiohttp import web

from distillation.lvlm.base import Reply, Unfit
from tests.distillation.lvlm.openai.talking import (
    PICTURE,
    REQUEST,
    asked_at_once,
    backend_knowing,
    completion,
    error,
    serving,
    talk,
)


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
