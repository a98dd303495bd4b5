import asyncio

import pytest

from distillation.lvlm import BACKENDS, make_backend
from distillation.lvlm.base import Failure, Request, Text, Usage
from distillation.pipeline.records import Describe, ProductRecord

REQUEST = Request(Describe(ProductRecord("A1", "Lamp")), "Be brief.", (Text("Describe the lamp."),), 10, 0.2)


def ask(backend, times: int = 1) -> list[str]:
    async def run() -> list[str]:
        async with backend:
            return [(await backend.reply(REQUEST)).text for _ in range(times)]

    return asyncio.run(run())


def test_rules_are_used_up_in_order():
    backend = make_backend("scripted", script=[("lamp", "one", 1), ("lamp", "two", 1)], default="else")
    assert ask(backend, 3) == ["one", "two", "else"]
    assert backend.calls == 3


def test_a_callable_sees_the_request():
    assert ask(make_backend("scripted", script=lambda request: request.system)) == ["Be brief."]


def test_failures_are_replies_and_exceptions_are_raised():
    reply = asyncio.run(make_backend("scripted", default=Failure("timeout", "slow")).reply(REQUEST))
    assert (reply.error, reply.usage) == (Failure("timeout", "slow"), Usage(calls=1))
    with pytest.raises(KeyError):
        ask(make_backend("scripted", default=KeyError("x")))


def test_an_unknown_backend_names_the_known():
    with pytest.raises(ValueError, match=", ".join(BACKENDS)):
        make_backend("gpt")


def test_usage_adds_up():
    assert Usage(1, 10, 5, 2) + Usage(1, 20, 0, 3) == Usage(2, 30, 5, 5)
