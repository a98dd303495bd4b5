"""Any server that speaks OpenAI's chat completions; vLLM is the reference."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from distillation.lvlm.base import (
    BackendAway,
    Failure,
    Image,
    Reply,
    Request,
    Usage,
    WrongModel,
)
from distillation.lvlm.openai.abilities import Abilities, agreed
from distillation.lvlm.openai.address import url_and_limit
from distillation.lvlm.openai.homes import Homes
from distillation.lvlm.openai.link import Answer, Link, Retry, TurnedDown
from distillation.lvlm.openai.probe import Probe, Report
from distillation.lvlm.openai.reading import EmptyReply, MalformedReply, decode_reply
from distillation.lvlm.openai.refusals import lesson, refused_request
from distillation.lvlm.openai.servers import Server, backoff
from distillation.lvlm.openai.stops import named_model, stop, too_few_pictures
from distillation.lvlm.openai.waiting import asked_wait
from distillation.lvlm.openai.wire import PLAIN, PictureCache, Way, encode_request, pictures_in
from distillation.lvlm.places import Places
from distillation.pipeline.options import Options

TRIES = 5
LESSONS = 8  # parameters that a call may find refused, one after another
BUSY = (401, 402, 429, 502, 503)  # no word on the pictures
FAULT_SHOWS_S = 2.0


class OpenAIBackend:
    name = "openai"

    def __init__(
        self,
        *,
        model: str,
        base_urls: Sequence[str],
        in_flight: int = 64,
        timeout_s: float = 120,
        api_key: str = "",
        own_keys: Mapping[str, str] | None = None,
        proxy: str = "",
        ca_file: str = "",
        patience_s: float = 10.0,
        places: Places | None = None,
        options: Options | None = None,
        known: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """`options` are those of the run, for the calls that find out what a server can do; `known` is what an earlier
        backend has found out."""
        if not base_urls:
            raise ValueError("The openai backend needs the URL of a model server: give a base URL.")
        self.model = model
        self._servers = [Server(*url_and_limit(url, in_flight)) for url in base_urls]
        self._places = places or Places(in_flight * len(base_urls))
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._options = options or Options()
        self._link = Link(api_key=api_key, own_keys=own_keys, proxy=proxy, ca_file=ca_file)
        self._pictures = PictureCache()
        self._homes = Homes(self._servers, self._places)
        self._fault, self._answered_at = "", 0.0
        for server in self._servers:
            if server.url in (known or {}):
                server.learn(Abilities.from_dict((known or {})[server.url]))

    async def __aenter__(self) -> Self:
        await self._link.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._link.__aexit__(*exc_info)

    @property
    def known(self) -> Mapping[str, Any]:
        return {server.url: server.own.as_dict() for server in self._servers if server.met}

    @property
    def fault(self) -> str:
        return self._fault if time.monotonic() - self._answered_at > FAULT_SHOWS_S else ""

    async def check(self) -> None:
        """One server that is there is enough; those that are not are tried again later."""
        checks = await asyncio.gather(*map(self._meet, self._servers), return_exceptions=True)
        problems = [problem for problem in checks if isinstance(problem, BaseException)]
        if any(not isinstance(problem, BackendAway) for problem in problems) or len(problems) == len(checks):
            raise next((each for each in problems if not isinstance(each, BackendAway)), problems[0])
        self._agree()

    async def reports(self) -> list[Report]:
        """What each server can do, found out anew."""
        return list(await asyncio.gather(*map(self._report, self._servers)))

    async def _report(self, server: Server) -> Report:
        probe = Probe(
            server,
            model=self.model,
            link=self._link,
            options=self._options,
            timeout_s=self._timeout_s,
            patience_s=self._patience_s,
        )
        return await probe.report()

    async def _meet(self, server: Server) -> None:
        if server.met:
            await self._check(server)
            return
        report = await self._report(server)
        if self.model and report.model and report.model != self.model:
            raise WrongModel(f"{server.url} serves {report.model}, another server of the run {self.model}: name one.")
        self.model = report.model or self.model
        if problem := report.problem or report.away or report.lacking:
            raise problem
        server.learn(report.abilities)

    async def reply(self, request: Request) -> Reply:
        began, sent, tries, slow = time.monotonic(), 0, 0, 0
        while True:
            server = await self._homes.of(request.subject)
            try:
                sent += 1
                reply = await self._answer(server, request, slow)
                return replace(reply, usage=reply.usage + Usage(calls=sent), server=server.url)
            except TurnedDown as turned_down:
                self._fault = f"{server.url}: {turned_down}"
                self._give_up_if_all_silent(str(turned_down))
                if turned_down.wait_s is not None:
                    await self._places.pause(turned_down.wait_s)
            except Retry as retry:
                self._fault = f"{server.url}: {retry}"
                tries += 1
                slow += retry.failure.reason == "timeout"
                if tries == TRIES and await self._is_there(server, began):
                    return Reply("", usage=Usage(calls=sent), error=retry.failure, server=server.url)
                tries = min(tries, TRIES - 1)
                await self._places.pause(backoff(tries) if retry.wait_s is None else retry.wait_s)

    async def _answer(self, server: Server, request: Request, slow: int) -> Reply:
        """Asked again at once where the server refuses what can be left away, or turns out to reason first."""
        known, calls = server.can, 0
        can = known
        room = await self._room(server)
        try:
            while True:
                answer, calls = await self._sent(server, request, can, slow), calls + 1
                if answer.status != 200:
                    learnt = self._lesson(server, answer, request, can) if calls <= LESSONS else None
                    if learnt is None:
                        return await self._turned_away(server, answer)
                else:
                    server.limit.answered(refused=False)
                    server.presence.answered()
                    reply = self._decoded(answer, logprobs=request.logprobs and can.top_logprobs > 0)
                    learnt = replace(can, reasons=True) if reply.reasoned and not can.reasons else can
                    self._learn(server, known, learnt)
                    if learnt is can or reply.finish != "length":
                        break
                can = learnt
        finally:
            room.release()
        self._answered_at = time.monotonic()
        if reply.model and reply.model not in server.models:
            await self._another_model(server, reply.model)
        return replace(reply, usage=reply.usage + Usage(calls=calls - 1)) if calls > 1 else reply

    async def _sent(self, server: Server, request: Request, can: Abilities, slow: int) -> Answer:
        """Pictures by uuid alone where the server has them; whole where it fails with those, whatever it says."""
        images = [part for part in request.parts if isinstance(part, Image)]
        by_uuid, *whole = server.pictures.ways(images) if can.uuids else [PLAIN]
        try:
            answer = await self._post(server, request, can, by_uuid, slow)
        except (Retry, TurnedDown):
            server.pictures.missed(images, by_uuid, counts=False)
            raise
        if answer.status == 200:
            server.pictures.found(images, by_uuid)
            return answer
        server.pictures.missed(images, by_uuid, counts=answer.status not in BUSY)
        if not whole or answer.status in BUSY:
            return answer
        answer = await self._post(server, request, can, whole[0], slow)
        if answer.status == 200:
            server.pictures.found(images, whole[0])
        return answer

    async def _post(self, server: Server, request: Request, can: Abilities, way: Way, slow: int) -> Answer:
        body = encode_request(request, self.model, self._pictures, way, can)
        return await self._link.post(server, body, slow, self._timeout_s)

    def _lesson(self, server: Server, answer: Answer, request: Request, can: Abilities) -> Abilities | None:
        told = self._link.refusal(answer)
        learnt = lesson(told, can, request)
        if learnt and learnt.pictures < pictures_in(request):
            self._learn(server, can, learnt)
            raise too_few_pictures(server.url, learnt.pictures, pictures_in(request))
        unknown = told.status in (400, 422) and refused_request(told).reason != "too_long"
        return learnt or (can.without("uuids") if unknown and can.uuids and pictures_in(request) else None)

    def _learn(self, server: Server, known: Abilities, learnt: Abilities) -> None:
        """What changed between the two, and no more: other calls may have learnt something else meanwhile."""
        if learnt is not known:
            server.learn(replace(server.own, **known.changed_to(learnt)))
            self._agree()

    def _agree(self) -> None:
        """What shows in the answers is asked of no server where one of them can't do it."""
        shared = agreed([server.own for server in self._servers if server.met] or [Abilities()])
        for server in self._servers:
            server.can = replace(server.own, **shared)

    def _decoded(self, answer: Answer, *, logprobs: bool) -> Reply:
        try:
            return decode_reply(answer.content, logprobs=logprobs)
        except EmptyReply as error:
            raise Retry(Failure("empty", str(error))) from None
        except MalformedReply as error:
            raise Retry(Failure("malformed", self._link.without_key(str(error)))) from None

    async def _turned_away(self, server: Server, answer: Answer) -> Reply:
        """A failure of the item, where it is one."""
        told = self._link.refusal(answer)
        server.limit.answered(refused=told.status == 429)
        if why := stop(server.url, told, answer.headers):
            raise why
        if told.status in (502, 503):  # a server that loads its model, or a proxy whose server is gone
            server.went_away()
            raise TurnedDown(f"it says {told.status}: {told.words}")
        if told.status == 429:
            server.presence.turned_down()
            raise TurnedDown(f"it says 429: {told.words}", asked_wait(answer.headers) or backoff(2))
        server.presence.answered()
        if told.status == 408 or told.status >= 500:
            raise Retry(Failure("server_error", f"{told.status}: {told.words}"), asked_wait(answer.headers))
        if told.status == 404:
            await self._check(server)
        return Reply("", error=refused_request(told))

    async def _another_model(self, server: Server, name: str) -> None:
        """Some servers answer to whatever name they are called by."""
        if server.models:
            served = await self._link.models(server)
            if served is None or self.model not in served:
                raise WrongModel(
                    f"{server.url} answers as {name!r} now, not as {', '.join(sorted(server.models))!r}: give it back "
                    "the model that the run began with, then resume the run."
                )
        server.models.add(name)

    async def _room(self, server: Server) -> Places:
        """To be released."""
        room = server.limit.places
        server.limit.fit(self._places.among)
        if room.full and len(self._servers) > 1:
            async with self._places.aside():  # another server may be free
                await room.acquire()
        else:
            await room.acquire()
        return room

    def _give_up_if_all_silent(self, why: str) -> None:
        patient_since = time.monotonic() - self._patience_s
        silent = [server.presence.silent_since for server in self._servers]
        if all(since is not None and since <= patient_since for since in silent):
            urls = ", ".join(server.url for server in self._servers)
            raise BackendAway(f"No answer from {urls} ({why[:300]}): start the model server or correct the URL.")

    async def _is_there(self, server: Server, began: float) -> bool:
        """Where nobody has had an answer since, it may be the server's fault and not the item's."""
        if server.presence.answered_at >= began:
            return True
        try:
            await self._check(server)
        except BackendAway as error:
            self._give_up_if_all_silent(str(error))
            return False
        return True

    async def _check(self, server: Server) -> None:
        named_model(server.url, self.model, await self._link.models(server))
