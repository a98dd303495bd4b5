"""A backend whose answers come hours later. A step that asks for one which has not come goes no further, and is begun
again from its first question once it has: the steps are the same code as with a server that answers at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, Self

import orjson

from distillation.lvlm.base import Describe, Failure, Image, Reply, Request, Usage, WrongModel
from distillation.lvlm.batch.api import BatchApi
from distillation.lvlm.batch.calls import Call, call_id
from distillation.lvlm.batch.command import BatchCommand
from distillation.lvlm.batch.files import Asked, RequestFiles
from distillation.lvlm.batch.lines import failure_of_try
from distillation.lvlm.batch.sender import Sender
from distillation.lvlm.openai.abilities import Abilities
from distillation.lvlm.openai.address import url_and_limit
from distillation.lvlm.openai.backend import LESSONS, TRIES
from distillation.lvlm.openai.link import Link
from distillation.lvlm.openai.probe import Absent, Probe
from distillation.lvlm.openai.refusals import Refusal, lesson, refused_request
from distillation.lvlm.openai.servers import Server
from distillation.lvlm.openai.stops import stop, too_few_pictures
from distillation.lvlm.openai.wire import PLAIN, PictureCache, PictureUrls, encode_request, pictures_in
from distillation.lvlm.places import Closed
from distillation.pipeline.options import Options


class Unanswered(Closed):
    """The answer is still to come; what asked for it is owed."""


class PictureAddresses:
    """Pictures by their address, where the operator has them served under one: JSON of 100 bytes in place of 40,000."""

    def __init__(self, address: Callable[[str], str]) -> None:
        self._address = address

    def url(self, image: Image) -> bytes:
        return orjson.dumps({"url": self._address(image.digest)})


class BatchBackend:
    name = "batch"
    fault = ""

    def __init__(
        self,
        *,
        model: str,
        base_urls: Sequence[str] = (),
        folder: Path,
        command: str = "",
        deletes: bool = False,
        most_lines: int = 50_000,
        most_bytes: int = 200_000_000,
        picture_address: Callable[[str], str] | None = None,
        timeout_s: float = 120,
        api_key: str = "",
        own_keys: Mapping[str, str] | None = None,
        proxy: str = "",
        ca_file: str = "",
        options: Options | None = None,
        known: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """`deletes`: files at the server go when nobody needs them any more."""
        if len(base_urls) > 1:
            raise ValueError("The batch backend takes one server: give one base URL, or none for batch files.")
        self.model = model
        self._options = options or Options()
        self._timeout_s = timeout_s
        self._link = Link(api_key=api_key, own_keys=own_keys, proxy=proxy, ca_file=ca_file)
        self._server = Server(url_and_limit(base_urls[0], 1)[0], 1) if base_urls else None
        self.sender: Sender = BatchApi(self._server, self._link) if self._server else BatchCommand(folder, command)
        self.files = RequestFiles(folder, most_lines=most_lines, most_bytes=most_bytes)  # where questions go
        # A canvas of two pictures has no address.
        by_address = picture_address if not self._options.side_by_side else None
        self._pictures: PictureUrls = PictureAddresses(by_address) if by_address else PictureCache()
        stored = (known or {}).get(self.sender.where)
        self._met, self.can = stored is not None, Abilities.from_dict(stored or {})
        self._opened = AsyncExitStack()
        self._asks, self._deletes = True, deletes
        self._described: set[str] = set()
        self.calls: dict[str, Call] = {}  # those of the units in hand, by id

    async def __aenter__(self) -> Self:
        await self._opened.enter_async_context(self._link)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._opened.aclose()

    @property
    def known(self) -> Mapping[str, Any]:
        return {self.sender.where: self.can.as_dict()} if self._met else {}

    async def check(self) -> None:
        """A server that also answers calls at once is asked by some what it can do; others show it in their answers."""
        self.model = await self.sender.check(self.model)
        if self._server and not self._met:
            probe = Probe(
                self._server, model=self.model, link=self._link, options=self._options,
                timeout_s=self._timeout_s, patience_s=10.0,
            )  # fmt: skip
            report = await probe.report()
            if problem := report.problem or report.away or report.lacking:
                if not isinstance(problem, Absent):
                    raise problem
            else:
                self.can = replace(report.abilities, uuids=False)  # no server keeps pictures from batch to batch
        self._met = True

    async def tidy(self, *names: str) -> None:
        """At the server; what can't be deleted stays."""
        if self._deletes:
            await self.sender.delete([name for name in names if name])

    def begin(self, *, asks: bool = True) -> None:
        """Before all that is owed is gone through; not to ask is to read only what has come."""
        self._described.clear()
        self.calls.clear()
        self._asks = asks

    async def reply(self, request: Request) -> Reply:
        custom_id = call_id(request)
        if isinstance(request.subject, Describe):
            if custom_id in self._described:  # for another co-buy: its answer, if it came, is being written
                raise Unanswered
            self._described.add(custom_id)
        call = self.calls.pop(custom_id, None)
        if call is None:
            self._ask(custom_id, request, 0, 0)
        return self._read(custom_id, request, call)

    def _ask(self, custom_id: str, request: Request, tries: int, lessons: int) -> NoReturn:
        if self._asks:
            body = encode_request(request, self.model, self._pictures, PLAIN, self.can)
            self.files.add(Asked(custom_id, request.subject, tries, lessons), body, self.can)
        raise Unanswered

    def _read(self, custom_id: str, request: Request, call: Call) -> Reply:
        came = call.came
        if came is None:
            raise Unanswered
        if came.refusal:
            return self._refused(custom_id, request, call, came.refusal)
        if came.reply is None:
            return self._again(custom_id, request, call, came.fault or Failure("expired", "no answer"))
        learnt = replace(call.sent, reasons=True) if came.reply.reasoned else call.sent
        self._learn(call.sent, learnt)
        if learnt != call.sent and came.reply.finish == "length" and call.lessons < LESSONS:
            self._ask(custom_id, request, call.tries, call.lessons + 1)
        return self._told(came.reply, call)

    def _refused(self, custom_id: str, request: Request, call: Call, told: Refusal) -> Reply:
        learnt = lesson(told, call.sent, request) if call.lessons < LESSONS else None
        if learnt:
            self._learn(call.sent, learnt)
            if learnt.pictures < pictures_in(request):
                raise too_few_pictures(self.sender.where, learnt.pictures, pictures_in(request))
            self._ask(custom_id, request, call.tries, call.lessons + 1)
        if why := stop(self.sender.where, told, {}):
            raise why
        if failure := failure_of_try(told):
            return self._again(custom_id, request, call, failure)
        return self._told(Reply("", error=refused_request(told)), call)

    def _again(self, custom_id: str, request: Request, call: Call, failure: Failure) -> Reply:
        """In the next wave, until it has been asked often enough."""
        if call.tries + 1 < TRIES:
            self._ask(custom_id, request, call.tries + 1, call.lessons)
        return self._told(Reply("", error=failure), call)

    def _told(self, reply: Reply, call: Call) -> Reply:
        usage = reply.usage + Usage(calls=1 + call.tries + call.lessons)
        return replace(reply, usage=usage, server=self.sender.where)

    def _learn(self, sent: Abilities, learnt: Abilities) -> None:
        self.can = replace(self.can, **sent.changed_to(learnt))

    async def expect_model(self, name: str) -> None:
        """Raises WrongModel where another one than before answers, that nobody asked for."""
        if name in ("", self.can.model):
            return
        if self.can.model:
            served = await self.sender.models()
            if served is None or self.model not in served:
                raise WrongModel(
                    f"{self.sender.where} answers as {name!r} now, not as {self.can.model!r}: give it back the model "
                    "that the run began with, then resume the run."
                )
        self.can = replace(self.can, model=name)
