"""Lines of batch files, as OpenAI's API and vLLM's run-batch write them."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from distillation.lvlm.base import Failure, Reply, Usage
from distillation.lvlm.batch.calls import Came
from distillation.lvlm.batch.lines import MOST_LINE, read_line, request_line, split_lines
from distillation.lvlm.openai.refusals import Refusal

ID = "verdict-isA-0-0123"
GONE = Came(404, refusal=Refusal(404, "No", "", "404"))
SILENT = {"choices": [{"message": {"content": ""}}]}


def line(**more) -> bytes:
    return json.dumps({"id": "x", "custom_id": ID, "response": None, "error": None, **more}).encode()


def answer(status: int, body: object, error: object = None) -> bytes:
    return line(response={"status_code": status, "request_id": "r", "body": body}, error=error)


def test_a_request_is_a_line_of_the_format() -> None:
    asked = json.loads(request_line(ID, b'{"model":"m"}'))
    assert asked == {"custom_id": ID, "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m"}}


def test_an_answer_is_read_as_one_that_comes_at_once() -> None:
    tops = [{"token": "Yes", "logprob": 0.0}, {"token": "No", "logprob": 0.0}]
    logprobs = {"content": [{"token": "Yes", "logprob": 0.0, "top_logprobs": tops}]}
    choice = {"message": {"content": "Yes."}, "finish_reason": "stop", "logprobs": logprobs}
    body = {"model": "m", "choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    _, came = read_line(answer(200, body))
    assert came.reply == Reply("Yes.", "stop", 0.5, Usage(0, 7, 0, 2), model="m")
    assert Came.from_text(came.as_text()) == came


@pytest.mark.parametrize(
    ("told", "came"),
    [
        (answer(400, {"error": {"message": "No", "param": "seed"}}), Came(400, refusal=Refusal(400, "No", "seed"))),
        # vLLM: the body is empty, the error stands beside it
        (answer(404, None, {"error": {"message": "No", "code": 404}}), GONE),
        (answer(200, {"error": {"message": "No", "code": 503}}), Came(503, refusal=Refusal(503, "No", "", "503"))),
        (line(error={"code": "batch_expired", "message": "Over"}), Came(0, fault=Failure("expired", "Over"))),
        (line(error={"code": "oops", "message": "Down"}), Came(0, fault=Failure("server_error", "Down"))),
        (line(), Came(0, fault=Failure("server_error", "the line holds neither an answer nor an error"))),
        (answer(200, SILENT), Came(0, fault=Failure("empty", "the answer has no text"))),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_told_apart(told: bytes, came: Came) -> None:
    assert read_line(told) == (ID, came)
    assert Came.from_text(came.as_text()) == came


@pytest.mark.parametrize("told", [b"{", b"[]", b"null", b'"x"', b'{"custom_id": 7}', b'{"id": "x"}', b"\xff"])
def test_a_line_of_no_call_is_left_out(told: bytes) -> None:
    assert read_line(told) is None


def test_what_postgresql_does_not_take_is_kept_in_ascii() -> None:
    came = Came(200, reply=Reply("a\x00b\ud800"))
    assert came.as_text().isascii()
    assert Came.from_text(came.as_text()) == came


def test_lines_are_cut_out_of_chunks_and_one_without_end_is_left_out() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"one\ntw", b"o\n\n", b"x" * MOST_LINE, b"x" * MOST_LINE, b"x\nthree\nfour"):
            yield chunk

    async def read() -> list[bytes]:
        return [each async for each in split_lines(chunks())]

    assert asyncio.run(read()) == [b"one", b"two", b"three", b"four"]
