"""Bytes to replies, from servers that each have the OpenAI chat format in their own way."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from distillation.lvlm.base import Failure, Reply, Usage
from distillation.pipeline.markup import holds_reasoning
from distillation.pipeline.parsing import answer_onwards

NOT_LETTERS = re.compile(r"[^a-z]+")
REASONING = ("reasoning_content", "reasoning", "thinking")
COMPRESSED = {"gzip": 47, "x-gzip": 47, "deflate": 47}
ANSWERS = ("yes", "no")
FIRST, FEW = re.compile(r"\W*(yes|no)\b(?!\s*(?:/|or))", re.IGNORECASE), 8
NEEDLE = 60
ERROR_WITHIN = 2_000  # bytes


class MalformedReply(Exception):
    """A 200 whose body is no chat completion: worth another try."""


class EmptyReply(MalformedReply):
    """A chat completion without a word in it."""


def unpacked(content: bytes, encoding: str, most: int) -> bytes:
    """For servers that pack though nobody asked. Raises MalformedReply, also where it would be over `most` bytes."""
    if not encoding or encoding == "identity":
        return content
    if encoding not in COMPRESSED:
        raise MalformedReply(f"the answer is packed as {encoding[:40]!r}, though nobody asked for that")
    unpacker = zlib.decompressobj(COMPRESSED[encoding])
    try:
        plain = unpacker.decompress(content, most + 1)
    except zlib.error as error:
        raise MalformedReply(f"the answer is no {encoding}: {error}") from None
    if len(plain) > most:
        raise MalformedReply(f"the answer is over {most:,} bytes when unpacked")
    return plain


def decode_reply(body: bytes, *, logprobs: bool) -> Reply:
    """Usage of the answer alone: who sent it knows how many calls it took."""
    try:
        reply = orjson.loads(body)
        return _reply(reply, reply["choices"][0], logprobs=logprobs)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise MalformedReply(_no_completion(body, error)) from None


def _reply(reply: Mapping[str, Any], choice: Mapping[str, Any], *, logprobs: bool) -> Reply:
    message = choice["message"]
    text, in_parts = _text(message.get("content"))
    usage, refusal, finish = _usage(reply.get("usage") or {}), message.get("refusal"), choice.get("finish_reason")
    reasoned = in_parts or any(message.get(name) for name in REASONING) or holds_reasoning(text)
    if refusal or finish == "content_filter":
        return Reply(text, usage=usage, error=Failure("refused", str(refusal or "the server's content filter")))
    finish = "length" if finish in ("length", "max_tokens") else "stop"
    if not text.strip() and not reasoned and finish != "length":
        raise EmptyReply("the answer has no text")
    p_yes = yes_probability(choice.get("logprobs"), text, reasoned=bool(reasoned)) if logprobs else None
    return Reply(text, finish, p_yes, usage, reasoned=bool(reasoned), model=str(reply.get("model") or ""))


def _text(content: Any) -> tuple[str, bool]:
    """(text, whether reasoning stands beside it): a string, or parts, or nothing."""
    if content is None or isinstance(content, str):
        return content or "", False
    parts = content if isinstance(content, list) else [content]
    texts = [part if isinstance(part, str) else part.get("text") or "" for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("content is no text")
    return "".join(texts), any(isinstance(part, dict) and part.get("type") in REASONING for part in parts)


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    counts = (usage.get("prompt_tokens"), details.get("cached_tokens"), usage.get("completion_tokens"))
    return Usage(0, *(max(0, int(count or 0)) for count in counts))


def error_inside(body: bytes) -> int | None:
    """The status that a 200 should have had: of gateways that pass an error on in the place of an answer."""
    if b'"error"' not in body[:ERROR_WITHIN]:
        return None
    try:
        reply = orjson.loads(body)
        choice: Mapping[str, Any] = next(iter(reply.get("choices") or ()), {})
        error = reply.get("error") or choice.get("error")
        if not error and choice.get("finish_reason") != "error":
            return None
    except (ValueError, TypeError, AttributeError):
        return None
    code = str(error.get("code")) if isinstance(error, dict) else ""
    return int(code) if code.isdecimal() and 400 <= int(code) < 600 else 500


def _no_completion(body: bytes, error: Exception) -> str:
    if body.lstrip()[:1] == b"<":
        return f"a web page, not a chat completion: {body[:200]!r}"
    return f"no chat completion ({type(error).__name__}): {body[:200]!r}"


def yes_probability(logprobs: Any, text: str, *, reasoned: bool = False) -> float | None:
    """P(yes) / (P(yes) + P(no)) over their spellings at the token that is the answer of `text`; None where the server's
    probabilities are none, or no token is."""
    try:
        tokens = logprobs["content"]
        at = answer_index([token["token"] for token in tokens], text, reasoned=reasoned)
        if at is None:
            return None
        tops = tokens[at].get("top_logprobs") or [tokens[at]]
        return normalised((top["token"], top["logprob"]) for top in tops)
    except (TypeError, KeyError, AttributeError, ValueError):
        return None


def answer_index(tokens: Sequence[str], text: str, *, reasoned: bool = False) -> int | None:
    """The token where the answer begins, found by its letters: signs and blanks between tokens may be lost or added,
    and reasoning or labels with a yes or no of their own stand before it."""
    if not reasoned and (first := FIRST.match(text)):  # nearly all answers; the rest is ten times as slow
        at, said = next(((i, said) for i, token in enumerate(tokens[:FEW]) if (said := word(token))), (0, ""))
        if said == first[1].lower():
            return at
    needle, words = letters(answer_onwards(text))[:NEEDLE], [word(token) for token in tokens]
    at = "".join(words).rfind(needle) if needle else -1
    for i, said in enumerate(words):
        if at == 0 and said:
            return i if said in ANSWERS else None
        at -= len(said)
    answers = [i for i, said in enumerate(words) if said in ANSWERS]
    return answers[0] if needle and len(answers) == 1 else None


def normalised(tops: Iterable[tuple[str, float]]) -> float | None:
    mass = dict.fromkeys(ANSWERS, 0.0)
    for token, logprob in tops:
        if (said := word(token)) in mass and math.isfinite(logprob):
            mass[said] += math.exp(min(0.0, logprob))
    total = sum(mass.values())
    return mass["yes"] / total if total else None


def letters(text: str) -> str:
    return NOT_LETTERS.sub("", text.lower())


@lru_cache(maxsize=4_096)  # the same tokens come again and again, twenty to an answer
def word(token: str) -> str:
    """Letters only: " Yes", "▁yes" and "Yes," are one word."""
    return letters(token)
