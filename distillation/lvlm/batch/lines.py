"""Lines of batch files: a request out, what came of it in. No input or output happens here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from distillation.lvlm.base import Failure
from distillation.lvlm.batch.calls import OK, VERDICT, WORDS, Came, lost
from distillation.lvlm.openai.reading import EmptyReply, MalformedReply, decode_reply, error_inside
from distillation.lvlm.openai.refusals import Refusal, refusal

ENDPOINT = "/v1/chat/completions"
MOST_LINE = 2 * 1024 * 1024  # bytes; as of a live answer
EXPIRED = ("batch_expired", "batch_cancelled")


def request_line(custom_id: str, body: bytes) -> bytes:
    return b'{"custom_id":"%b","method":"POST","url":"%b","body":%b}\n' % (custom_id.encode(), ENDPOINT.encode(), body)


def read_line(line: bytes) -> tuple[str, Came] | None:
    """(custom_id, what came); None for a line that can't be told to be of any call."""
    try:
        told = orjson.loads(line)
        custom_id, answer, error = told["custom_id"], told.get("response"), told.get("error")
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    if not isinstance(custom_id, str):
        return None
    if isinstance(answer, dict) and isinstance(answer.get("status_code"), int):
        return custom_id, _came(custom_id, answer["status_code"], answer.get("body"), error)
    return custom_id, _unanswered(error)


def _came(custom_id: str, status: int, body: Any, error: Any) -> Came:
    content = orjson.dumps(body if body is not None else error)
    status = (error_inside(content) or status) if status == OK else status
    if status != OK:
        told = refusal(status, content)
        return Came(status, refusal=Refusal(status, told.words[:WORDS], told.param[:WORDS], told.code[:WORDS]))
    try:
        return Came(OK, reply=decode_reply(content, logprobs=custom_id.startswith(VERDICT)))
    except EmptyReply as empty:
        return lost("empty", str(empty))
    except MalformedReply as malformed:
        return lost("malformed", str(malformed))


def _unanswered(error: Any) -> Came:
    told = refusal(0, orjson.dumps(error))
    if told.code in EXPIRED:
        return lost("expired", told.words)
    return lost("server_error", told.words if error else "the line holds neither an answer nor an error")


async def split_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """One over MOST_LINE is left out: its call is then asked again, and fails at last."""
    rest, too_long = b"", False
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip() and not too_long and len(line) <= MOST_LINE:
                yield line
            too_long = False
        if len(rest) > MOST_LINE:
            rest, too_long = b"", True
    if rest.strip() and not too_long:
        yield rest


def failure_of_try(told: Refusal) -> Failure | None:
    """A failure of this try, that the next may not have."""
    words = f"{told.status}: {told.words}"
    if told.status == 429:
        return Failure("rate_limited", words)
    return Failure("server_error", words) if told.status == 408 or told.status >= 500 else None
