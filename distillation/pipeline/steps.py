"""The three steps, each render → generate → parse, with one second question where it can help."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from distillation.lvlm.base import Backend, Failure, Reply, Request, Usage
from distillation.pipeline.options import Options
from distillation.pipeline.parsing import parse_description, parse_intention, parse_verdict
from distillation.pipeline.records import PairRecord, ProductRecord, VerdictValue
from distillation.pipeline.render import describe_request, intend_request, judge_again_request, judge_request
from distillation.pipeline.text import TITLE_LENGTH, clean

T = TypeVar("T")
BETWEEN_REPLIES = "\n\n--- asked again ---\n\n"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """Exactly one of value and failure is set; raw is the model's own text."""

    value: T | None
    failure: Failure | None
    raw: str
    usage: Usage

    @property
    def said(self) -> T:
        """The value; raises ValueError where the step failed."""
        if self.value is None:
            raise ValueError(f"The step failed and has no value: {self.failure}")
        return self.value


async def describe(backend: Backend, product: ProductRecord, options: Options) -> Outcome[str]:
    request = describe_request(_seen(product, options), options)
    return await _ask_for_text(backend, request, parse_description)


async def intend(
    backend: Backend, pair: PairRecord, relation: str, options: Options, *, sample: int = 0
) -> Outcome[str]:
    request = intend_request(_seen_pair(pair, options), relation, options, sample=sample)
    return await _ask_for_text(backend, request, lambda text: parse_intention(text, relation))


async def judge(
    backend: Backend, pair: PairRecord, relation: str, intention: str, options: Options
) -> Outcome[VerdictValue]:
    request = judge_request(_seen_pair(pair, options), relation, intention, options)
    asked = await _ask(backend, request)
    if asked.failure:
        return Outcome(None, asked.failure, asked.raw, asked.usage)
    verdict = parse_verdict(asked.last.text)
    if verdict:
        return Outcome(replace(verdict, p_yes=asked.last.p_yes), None, asked.raw, asked.usage)
    if asked.twice:
        return Outcome(None, _unclear(asked.last.text), asked.raw, asked.usage)
    return await _judge_by_choice(backend, request, intention, asked.last, options)


def feature_key(product: ProductRecord, options: Options, model: str, backend: str) -> str:
    """Features are cached across runs by this: whatever can change what step 1 says."""
    seen = _seen(product, options)
    content = (
        clean(seen.title, TITLE_LENGTH),
        seen.picture.digest if seen.picture else "",
        options.prompts.digest,
        backend,
        model,
        options.temperature,
        options.max_tokens,
    )
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Asked:
    last: Reply
    raw: str
    usage: Usage
    twice: bool
    failure: Failure | None


async def _ask(backend: Backend, request: Request) -> _Asked:
    """A truncated answer is asked for once more with twice the room."""
    first = await backend.reply(request)
    if first.error or first.finish != "length":
        return _Asked(first, first.text, first.usage, False, first.error)
    second = await backend.reply(replace(request, max_tokens=2 * request.max_tokens))
    raw = BETWEEN_REPLIES.join((first.text, second.text))
    failure = second.error
    if not failure and second.finish == "length":
        failure = Failure("truncated", f"Still not finished after {2 * request.max_tokens} tokens.")
    return _Asked(second, raw, first.usage + second.usage, True, failure)


async def _ask_for_text(backend: Backend, request: Request, parse: Callable[[str], str | Failure]) -> Outcome[str]:
    asked = await _ask(backend, request)
    parsed = asked.failure or parse(asked.last.text)
    if isinstance(parsed, Failure):
        return Outcome(None, parsed, asked.raw, asked.usage)
    return Outcome(parsed, None, asked.raw, asked.usage)


async def _judge_by_choice(
    backend: Backend, request: Request, intention: str, first: Reply, options: Options
) -> Outcome[VerdictValue]:
    second = await backend.reply(judge_again_request(request, intention, first.text, options))
    raw, usage = BETWEEN_REPLIES.join((first.text, second.text)), first.usage + second.usage
    if second.error:
        return Outcome(None, second.error, raw, usage)
    verdict = parse_verdict(second.text)
    if not verdict:
        return Outcome(None, _unclear(second.text), raw, usage)
    # The forced answer is one word, so what was said before it is the reason.
    return Outcome(VerdictValue(verdict.yes, second.p_yes, clean(first.text)), None, raw, usage)


def _unclear(text: str) -> Failure:
    return Failure("unparsable", f"Neither Yes nor No comes first: {clean(text, 300)}")


def _seen(product: ProductRecord, options: Options) -> ProductRecord:
    return product if options.with_images else replace(product, picture=None)


def _seen_pair(pair: PairRecord, options: Options) -> PairRecord:
    return PairRecord(_seen(pair.a, options), _seen(pair.b, options))
