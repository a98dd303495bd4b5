"""The three steps, each render → generate → parse, with one second question where it can help."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, TypeVar

from distillation.lvlm.base import Backend, Failure, Reply, Request, Usage
from distillation.pipeline.language import answers_otherwise, other_language
from distillation.pipeline.markup import uncovered
from distillation.pipeline.options import Options
from distillation.pipeline.parsing import parse_description, parse_intention, parse_verdict
from distillation.pipeline.records import PairRecord, ProductRecord, VerdictValue
from distillation.pipeline.render import describe_request, intend_request, judge_again_request, judge_request
from distillation.pipeline.text import TITLE_LENGTH, clean

T = TypeVar("T")
NO_TITLE = "(the title is not shown)"
NOT_SHOWN = ProductRecord(asin="", title="(another product, which is not shown)")
BETWEEN_REPLIES = "\n\n--- asked again ---\n\n"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """Exactly one of value and failure is set; raw is the model's own text."""

    value: T | None
    failure: Failure | None
    raw: str
    usage: Usage
    server: str = ""

    @property
    def said(self) -> T:
        """The value; raises ValueError where the step failed."""
        if self.value is None:
            raise ValueError(f"The step failed and has no value: {self.failure}")
        return self.value


async def describe(backend: Backend, product: ProductRecord, options: Options) -> Outcome[str]:
    request = describe_request(seen(product, options), options)
    return await _ask_for_text(backend, request, parse_description, options)


async def intend(
    backend: Backend, pair: PairRecord, relation: str, options: Options, *, sample: int = 0
) -> Outcome[str]:
    request = intend_request(seen_pair(pair, options), relation, options, sample=sample)
    return await _ask_for_text(backend, request, lambda text: parse_intention(text, relation), options)


async def judge(
    backend: Backend, pair: PairRecord, relation: str, intention: str, options: Options, *, sample: int = 0
) -> Outcome[VerdictValue]:
    request = judge_request(seen_pair(pair, options), relation, intention, options, sample=sample)
    asked = await _ask(backend, request)
    if asked.failure:
        return asked.failed(asked.failure)
    verdict = parse_verdict(asked.told)
    if verdict:
        return asked.ended(replace(verdict, p_yes=asked.last.p_yes))
    if asked.twice:
        return asked.failed(unclear(asked.told))
    return await _judge_by_choice(backend, request, intention, asked, options)


def feature_key(product: ProductRecord, options: Options, model: str, backend: str, salt: str = "") -> str:
    """Features are cached across runs by this: whatever can change what step 1 says. `salt` is the operator's, for what
    can't be told from outside: another model behind the same name."""
    shown = seen(product, options)
    content = (
        clean(shown.title, TITLE_LENGTH),
        shown.picture.digest if shown.picture else "",
        options.prompts.digest,
        backend,
        model,
        options.temperature,
        options.max_tokens,
        *([salt] if salt else []),
    )
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Asked:
    """`told` is the last reply without what stands around its answer."""

    last: Reply
    told: str
    raw: str
    usage: Usage
    twice: bool
    failure: Failure | None

    def failed(self, why: Failure) -> Outcome[Any]:
        return Outcome(None, why, self.raw, self.usage, self.last.server)

    def ended(self, value: T) -> Outcome[T]:
        return Outcome(value, None, self.raw, self.usage, self.last.server)


async def _ask(backend: Backend, request: Request) -> _Asked:
    """A truncated answer is asked for once more with twice the room."""
    first = await backend.reply(request)
    if first.error or first.finish != "length":
        return _asked(first, first.text, first.usage, twice=False)
    second = await backend.reply(replace(request, max_tokens=2 * request.max_tokens))
    raw = BETWEEN_REPLIES.join((first.text, second.text))
    return _asked(second, raw, first.usage + second.usage, twice=True)


def _asked(last: Reply, raw: str, usage: Usage, *, twice: bool) -> _Asked:
    told = last.error or _told(last)
    failure = told if isinstance(told, Failure) else None
    return _Asked(last, "" if isinstance(told, Failure) else told, raw, usage, twice, failure)


def _told(reply: Reply) -> str | Failure:
    told = uncovered(reply.text)
    if reply.reasoned and not reply.text.strip():
        return Failure("reasoning_only", "All the room went into reasoning; no answer came after it.")
    if reply.finish == "length" and not (isinstance(told, Failure) and told.reason == "reasoning_only"):
        return Failure("truncated", "Still not finished after twice the tokens asked for.")
    return told


async def _ask_for_text(
    backend: Backend, request: Request, parse: Callable[[str], str | Failure], options: Options
) -> Outcome[str]:
    asked = await _ask(backend, request)
    parsed = asked.failure or parse(asked.told)
    if not isinstance(parsed, Failure) and options.prompts.in_english and other_language(parsed):
        parsed = Failure("other_language", f"The answer is not in English: {clean(parsed, 300)}")
    return asked.failed(parsed) if isinstance(parsed, Failure) else asked.ended(parsed)


async def _judge_by_choice(
    backend: Backend, request: Request, intention: str, first: _Asked, options: Options
) -> Outcome[VerdictValue]:
    reply = await backend.reply(judge_again_request(request, intention, first.told, options))
    raw = BETWEEN_REPLIES.join((first.raw, reply.text))
    second = _asked(reply, raw, first.usage + reply.usage, twice=True)
    if second.failure:
        return second.failed(second.failure)
    verdict = parse_verdict(second.told)
    if not verdict:
        return second.failed(unclear(second.told))
    # The forced answer is one word, so what was said before it is the reason.
    return second.ended(VerdictValue(verdict.yes, reply.p_yes, clean(first.told)))


def unclear(text: str) -> Failure:
    if answers_otherwise(text):
        return Failure("other_language", f"The answer is not in English: {clean(text, 300)}")
    return Failure("unparsable", f"Neither Yes nor No comes first: {clean(text, 300)}")


def seen(product: ProductRecord, options: Options) -> ProductRecord:
    picture = product.picture if options.with_images else None
    return replace(product, picture=picture, title=product.title if options.with_titles else NO_TITLE)


@lru_cache(maxsize=128)  # asked for with each of a co-buy's up to 40 calls
def seen_pair(pair: PairRecord, options: Options) -> PairRecord:
    if options.prompts.one_sided:  # not even rules on titles are to see it
        return PairRecord(seen(pair.a, options), NOT_SHOWN)
    return PairRecord(seen(pair.a, options), seen(pair.b, options))
