"""A backend that says what it is told to: for tests and demonstrations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, Self

from distillation.lvlm.base import Ask, Describe, Failure, Intend, Reply, Request, Text, Usage

Answer = str | Reply | Failure | Exception
Rule = tuple[str, Answer] | tuple[str, Answer, int]


class ScriptedBackend:
    """Answers by a callable, or by the first rule (substring of the prompt, answer, times) not used up."""

    name = "scripted"
    fault = ""
    known: Mapping[str, Any] = {}

    def __init__(
        self,
        *,
        model: str = "",
        script: Callable[[Request], Answer] | Sequence[Rule] = (),
        default: Answer | None = None,
        delay_s: float = 0,
    ) -> None:
        self.model = model or "script"
        self.calls = 0
        self.requests: list[Request] = []
        self._script = script if callable(script) else None
        self._rules: Sequence[Rule] = () if callable(script) else script
        self._left = [rule[2] if len(rule) == 3 else inf for rule in self._rules]
        self._default = default
        self._delay_s = delay_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        return None

    async def check(self) -> None:
        return None

    async def reply(self, request: Request) -> Reply:
        self.calls += 1
        self.requests.append(request)
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Failure):
            return Reply("", usage=Usage(calls=1), error=answer)
        reply = answer if isinstance(answer, Reply) else Reply(answer)
        return replace(reply, usage=reply.usage + Usage(calls=1))

    def _answer(self, request: Request) -> Answer:
        if self._script:
            return self._script(request)
        prompt = prompt_text(request)
        for k, (part, answer, *_) in enumerate(self._rules):
            if part in prompt and self._left[k] > 0:
                self._left[k] -= 1
                return answer
        return self._default if self._default is not None else _plain_answer(request)


def prompt_text(request: Request) -> str:
    return "\n".join([request.system, *(part.text for part in request.parts if isinstance(part, Text))])


def _plain_answer(request: Request) -> str:
    match request.subject:
        case Describe(product):
            return f"This is {product.title}."
        case Intend(pair, relation):
            return f"They both fit the customer's plan ({relation}): {pair.a.title} and {pair.b.title}."
        case Ask(options=options):
            return options[0][0]
        case _:
            return "Yes, the two go well together."
