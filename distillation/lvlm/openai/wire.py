"""Requests to bytes and bytes to replies, for the OpenAI chat format. No input or output happens here."""

from __future__ import annotations

import base64
import math
import random
import re
from collections import OrderedDict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from distillation.lvlm.base import Failure, Image, Part, Reply, Request, Text, Usage

TOP_LOGPROBS = 20
LONGEST_WAIT_S = 30.0
# An answer may open with a quote, a star or "Answer:"; later than this a yes is no longer the answer.
ANSWER_TOKENS = 8
TOO_LONG = re.compile(
    r"context length|too long|maximum model length|max_model_len"
    r"|max_tokens|max_completion_tokens|maximum (?:input|prompt)"
)
BAD_PICTURE = re.compile(r"image|picture|base64|multi-?modal|uuid")


class MalformedReply(Exception):
    """A 200 whose body is no chat completion: worth another try."""


class EmptyReply(MalformedReply):
    """A chat completion without a word in it."""


@dataclass(frozen=True, slots=True)
class Way:
    """How pictures are sent: with their uuids or without, and which of them by uuid alone."""

    named: bool = False
    known: Container[str] = ()


PLAIN, NAMED = Way(), Way(named=True)


class PictureCache:
    """The data URLs of the pictures used last: base64 of a picture costs more than all else in a call."""

    def __init__(self, size: int = 128) -> None:
        self._size = size
        self._urls: OrderedDict[str, bytes] = OrderedDict()

    def url(self, image: Image) -> bytes:
        if image.digest in self._urls:
            self._urls.move_to_end(image.digest)
            return self._urls[image.digest]
        url = self._urls[image.digest] = b'{"url":"data:image/jpeg;base64,%b"}' % base64.b64encode(image.jpeg)
        if len(self._urls) > self._size:
            self._urls.popitem(last=False)
        return url


def encode_request(request: Request, model: str, pictures: PictureCache, way: Way = PLAIN) -> bytes:
    messages = b'[{"role":"system","content":%b},{"role":"user","content":[%b]}]' % (
        orjson.dumps(request.system),
        b",".join(_part(part, pictures, way) for part in request.parts),
    )
    settings: dict[str, Any] = {"model": model, "max_tokens": request.max_tokens, "temperature": request.temperature}
    if request.logprobs:
        settings |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
    if request.choices:
        settings["structured_outputs"] = {"choice": request.choices}
    if request.seed is not None:
        settings["seed"] = request.seed
    return b'{"messages":' + messages + b"," + orjson.dumps(settings)[1:]


def _part(part: Part, pictures: PictureCache, way: Way) -> bytes:
    if isinstance(part, Text):
        return orjson.dumps({"type": "text", "text": part.text})
    url = b"null" if part.digest in way.known else pictures.url(part)
    name = b',"uuid":"%b"' % part.digest.encode() if way.named else b""
    return b'{"type":"image_url","image_url":%b%b}' % (url, name)


def uuid_question(model: str, unknown: str) -> bytes:
    """Shows a picture that no server can have under this uuid."""
    parts = [{"type": "image_url", "image_url": None, "uuid": unknown}, {"type": "text", "text": "Yes or no?"}]
    return orjson.dumps({"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": parts}]})


def decode_reply(body: bytes, *, logprobs: bool) -> Reply:
    """Usage of the answer alone: who sent it knows how many calls it took."""
    try:
        reply = orjson.loads(body)
        choice = reply["choices"][0]
        text, refusal = choice["message"].get("content") or "", choice["message"].get("refusal")
        usage = _usage(reply.get("usage") or {})
        p_yes = yes_probability(choice.get("logprobs")) if logprobs else None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise MalformedReply(f"no chat completion ({type(error).__name__}): {body[:200]!r}") from None
    if not isinstance(text, str):
        raise MalformedReply(f"content is no text: {body[:200]!r}")
    finish = choice.get("finish_reason")
    if refusal or finish == "content_filter":
        return Reply(text, usage=usage, error=Failure("refused", str(refusal or "the server's content filter")))
    if not text.strip() and finish != "length":
        raise EmptyReply("the answer has no text")
    return Reply(text, "length" if finish == "length" else "stop", p_yes, usage)


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    counts = (usage.get("prompt_tokens"), details.get("cached_tokens"), usage.get("completion_tokens"))
    return Usage(0, *(max(0, int(count or 0)) for count in counts))


def yes_probability(logprobs: Mapping[str, Any] | None) -> float | None:
    """P(yes) / (P(yes) + P(no)) over their spellings at the first token that says either."""
    tokens = (logprobs or {}).get("content") or ()
    for token in tokens[:ANSWER_TOKENS]:
        if word(token["token"]) in ("yes", "no"):
            return _normalised(token.get("top_logprobs") or [token])
    return None


def _normalised(tops: list[Mapping[str, Any]]) -> float | None:
    mass = {"yes": 0.0, "no": 0.0}
    for top in tops:
        if word(top["token"]) in mass and math.isfinite(top["logprob"]):
            mass[word(top["token"])] += math.exp(min(0.0, top["logprob"]))
    total = mass["yes"] + mass["no"]
    return mass["yes"] / total if total else None


def word(token: str) -> str:
    """Letters only: " Yes", "▁yes" and "Yes," are one word."""
    return "".join(char for char in token if char.isascii() and char.isalpha()).lower()


def refused_request(status: int, words: str) -> Failure:
    """What a 4xx means, told apart by the server's words: asking again would not help."""
    lower = words.lower()
    if status == 413 or TOO_LONG.search(lower):
        return Failure("too_long", words)
    return Failure("bad_picture" if BAD_PICTURE.search(lower) else "bad_request", words)


def server_words(body: bytes) -> str:
    """The message inside an error body of any usual shape, else the body itself."""
    try:
        error = orjson.loads(body)
    except ValueError:
        return body[:2_000].decode(errors="replace").strip()
    for key in ("error", "message", "detail"):
        if isinstance(error, dict) and key in error:
            error = error[key]
    return error if isinstance(error, str) else orjson.dumps(error)[:2_000].decode(errors="replace")


def retry_seconds(retry_after: str | None) -> float | None:
    """Bounded, and spread so that all who were turned away don't come back at once."""
    try:
        asked = float(retry_after or "")
    except ValueError:
        asked = _until(retry_after or "")
    return min(LONGEST_WAIT_S, asked) * random.uniform(1.0, 1.2) if asked >= 0 else None  # noqa: S311


def _until(date: str) -> float:
    """Seconds until an HTTP date; negative where it is none or has passed."""
    try:
        return (parsedate_to_datetime(date).astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except ValueError:
        return -1.0
