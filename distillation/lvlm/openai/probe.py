"""Asks a server once what it can do, by the questions of a run on a pair of products that is shipped for it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import orjson

from distillation.lvlm.base import BackendAway, Busy, Failure, Image, Reply, Request, Unfit
from distillation.lvlm.openai.abilities import OPTIONS, Abilities
from distillation.lvlm.openai.link import SHOWN, Answer, Ill, Link, Retry, TurnedDown
from distillation.lvlm.openai.reading import MalformedReply, decode_reply
from distillation.lvlm.openai.refusals import Refusal, lesson, refused_request, was_sent
from distillation.lvlm.openai.servers import Server, backoff
from distillation.lvlm.openai.stops import named_model, stop, too_few_pictures
from distillation.lvlm.openai.waiting import asked_wait
from distillation.lvlm.openai.wire import PictureCache, Way, encode_request, pictures_in
from distillation.pipeline.markup import uncovered
from distillation.pipeline.options import Options
from distillation.pipeline.parsing import parse_verdict
from distillation.pipeline.render import describe_request, intend_request, judge_again_request, judge_request
from distillation.pipeline.steps import Outcome, describe, intend, judge, seen_pair
from distillation.pipeline.trial import INTENTION, RELATION, trial_pair

MOST_CALLS = 60
TRIES, TIMEOUTS = 5, 3  # of a call
FAULTS = 2  # with a 5xx that are asked about again before it counts as a refusal, while none has passed by itself
BUSY = (429, 502, 503, 504)
OFF: dict[str, Any] = {"choice": "", "room": "", "top_logprobs": 0}
HELP = {
    "reasoning_only": "spends all its room on reasoning and never answers: turn its reasoning off, or serve it with a "
    "longer context",
    "other_language": "does not answer in English: choose another model, or bring prompts of your own",
    "markup": "wraps its answers so that none can be told: turn the wrapping off",
    "refused": "declines to answer: choose another model",
    "empty": "answers without a word: look into its log",
}


class Absent(Unfit):
    """It answers no calls there."""


@dataclass(frozen=True, slots=True)
class Report:
    """`problem` keeps a run from starting; with `away` nothing more is known yet."""

    url: str
    model: str
    models: tuple[str, ...] | None
    abilities: Abilities
    calls: int
    pictures_wanted: int
    example: str = ""
    problem: Unfit | None = None
    away: BackendAway | None = None

    @property
    def lacking(self) -> Unfit | None:
        """What this run needs and the server has not."""
        if self.abilities.pictures >= self.pictures_wanted:
            return None
        return too_few_pictures(self.url, self.abilities.pictures, self.pictures_wanted)


class Probe:
    """A backend for the steps of the pipeline, that learns from each refusal what to leave away."""

    name = "probe"
    fault = ""
    known: Mapping[str, Any] = {}

    def __init__(
        self, server: Server, *, model: str, link: Link, options: Options, timeout_s: float, patience_s: float
    ) -> None:
        self._server, self._link, self._options = server, link, options
        self._timeout_s, self._patience_s = timeout_s, patience_s
        self._pair = seen_pair(trial_pair(), options)
        self._pictures = PictureCache()
        self._calls = 0
        self._is_moody = False  # a fault passed by itself: so may the next
        self._example = ""
        self.model = model
        self.can = Abilities(uuids=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        return None

    async def check(self) -> None:
        await self._try_all()

    async def report(self) -> Report:
        served: list[str] | None = None
        problem, away = None, None
        try:
            served = await self._models()
            self.model = named_model(self._server.url, self.model, served)
            context = self._server.contexts.get(self.model)
            self.can = replace(self.can, listed=served is not None, context=context)
            await self._try_all()
        except BackendAway as error:
            away = error
        except Unfit as error:
            problem = error
        wanted = pictures_in(intend_request(self._pair, RELATION, self._options, sample=0))
        models = None if served is None else tuple(served)
        return Report(self._server.url, self.model, models, self.can, self._calls, wanted, self._example, problem, away)

    async def _models(self) -> list[str] | None:
        until = time.monotonic() + self._patience_s
        tries = 0
        while True:
            try:
                return await self._link.models(self._server)
            except Ill:
                tries += 1
                if tries == TRIES or time.monotonic() > until:
                    raise
            await asyncio.sleep(backoff(tries))

    async def _try_all(self) -> None:
        pair, options = self._pair, self._options
        self._accept(await describe(self, pair.a, options))
        self._accept(await intend(self, pair, RELATION, options, sample=1))
        asked_for = self.can.top_logprobs
        self._accept(await judge(self, pair, RELATION, INTENTION, options))
        if asked_for and not self.can.top_logprobs:  # then verdicts are asked for in another way
            self._accept(await judge(self, pair, RELATION, INTENTION, options))
        await self._find_choice()
        await self._find_uuids()

    def _accept(self, outcome: Outcome[Any]) -> None:
        failure = outcome.failure
        if failure and failure.reason in HELP:
            raise Unfit(f"{self._server.url} {HELP[failure.reason]} ({failure.detail[:SHOWN]}).")
        self._example = outcome.raw.strip()[:SHOWN]

    async def _find_choice(self) -> None:
        """Whether it keeps to some answers, and by which parameter."""
        first = judge_request(self._pair, RELATION, INTENTION, self._options)
        again = judge_again_request(first, INTENTION, "I like both.", self._options)
        while self.can.choice:
            told = uncovered((await self.reply(again)).text)
            if isinstance(told, str) and parse_verdict(told):
                return
            self.can = self.can.without("choice") if self.can.choice else self.can

    async def _find_uuids(self) -> None:
        """A server that answers though it can't know the picture takes no notice of uuids; one that then refuses a
        picture which it was sent does not keep it."""
        shown = describe_request(self._pair.a, self._options)
        has = bool(self.can.uuids and self.can.pictures and pictures_in(shown))
        if has:
            unknown = Image(uuid.uuid4().hex, b"")
            parts = (unknown, *shown.parts[1:])
            known = shown.parts[0]
            has = not await self._takes_by_uuid(replace(shown, parts=parts), unknown.digest)
            has = has and isinstance(known, Image) and await self._takes_by_uuid(shown, known.digest)
        self.can = replace(self.can, uuids=has)

    async def _takes_by_uuid(self, request: Request, digest: str) -> bool:
        short = replace(request, max_tokens=1)
        can = replace(self.can, reasons=False)  # what it answers does not matter
        return (await self._settled(short, can, Way(True, {digest}))).status == 200

    async def reply(self, request: Request) -> Reply:
        answer, reply = await self._answered(request)
        if request.logprobs and self.can.top_logprobs and not _has_logprobs(answer):
            self.can = replace(self.can, top_logprobs=0)
        if reply.reasoned and not self.can.reasons:
            self.can = replace(self.can, reasons=True)
            if reply.finish == "length":
                return await self.reply(request)
        self.can = replace(self.can, model=reply.model)
        return reply

    async def _answered(self, request: Request) -> tuple[Answer, Reply]:
        """A reply that is none may be a fault of the moment: it is asked for again."""
        for tries in range(1, TRIES + 1):
            answer = await self._taken(request)
            try:
                return answer, decode_reply(answer.content, logprobs=request.logprobs)
            except MalformedReply as error:
                problem = f"{self._server.url} answers with {self._link.without_key(str(error))}: correct it."
            await asyncio.sleep(backoff(tries))
        raise Unfit(problem)

    async def _taken(self, request: Request) -> Answer:
        """The first 200."""
        while True:
            request = _showing(request, self.can.pictures)
            answer = await self._settled(request, self.can)
            if answer.status == 200:
                return answer
            told = self._link.refusal(answer)
            if self._calls >= MOST_CALLS:
                raise Unfit(f"{self._server.url} refuses one thing after another: {told.words[:SHOWN]}")
            self.can = lesson(told, self.can, request) or await self._by_trial(request, answer, told)

    async def _by_trial(self, request: Request, answer: Answer, told: Refusal) -> Abilities:
        """Where the words don't tell: all that can be left away at once, then each alone."""
        if problem := stop(self._server.url, told, answer.headers) or self._hopeless(told):
            raise problem
        off = {name: OFF.get(name, False) for name in OPTIONS if was_sent(name, self.can, request)}
        off |= {"choice": ""} if request.openings else {}
        bare = replace(self.can, **off)
        if not await self._takes(request, bare):
            less = replace(self.can, pictures=0)
            if pictures_in(request) and await self._takes(_showing(request, 0), replace(bare, pictures=0)):
                return less
            raise Unfit(f"{self._server.url} refuses even the simplest call ({told.status}: {told.words[:SHOWN]}).")
        if told.status >= 500 and await self._takes(request, self.can):
            self._is_moody = True
            return self.can
        for option in off:
            if self.can.has(option) and await self._takes(request, self.can.without(option)):
                return self.can.without(option)
        return bare

    def _hopeless(self, told: Refusal) -> Unfit | None:
        words = f"{told.status}: {told.words[:SHOWN]}"
        if told.status in (404, 405):
            where = self._server.address.to("chat/completions")
            return Absent(f"{where} does not exist ({words}): correct the URL.")
        if refused_request(told).reason == "too_long":
            return Unfit(
                f"{self._server.url} has no room for a call of this run ({words}): lower --max-tokens "
                f"({self._options.max_tokens:,} now), or serve the model with a longer context."
            )
        return None

    async def _takes(self, request: Request, can: Abilities) -> bool:
        return (await self._settled(request, can)).status == 200

    async def _settled(self, request: Request, can: Abilities, way: Way | None = None) -> Answer:
        """An answer of any status, save those of a server that takes no call now: these are waited out for a while."""
        until, faults, slow = time.monotonic() + self._patience_s, 0, 0
        body = encode_request(request, self.model, self._pictures, way or Way(named=can.uuids), can)
        while True:
            self._calls += 1
            try:
                answer = await self._link.post(self._server, body, slow, self._timeout_s)
            except Retry as fault:
                faults += 1
                slow += fault.failure.reason == "timeout"
                wait_s = self._after_fault(fault.failure, faults, slow)
            except TurnedDown as fault:
                wait_s = self._while_busy(str(fault), None, until)
            else:
                told = self._link.refusal(answer) if answer.status in BUSY else None
                if told and not told.is_quota:
                    wait_s = self._while_busy(f"{told.status}: {told.words}", asked_wait(answer.headers), until)
                elif answer.status >= 500 and faults < (TRIES if self._is_moody else FAULTS):
                    faults += 1
                    wait_s = asked_wait(answer.headers) or backoff(faults)
                else:
                    self._is_moody |= faults > 0 and answer.status < 500
                    return answer
            await asyncio.sleep(wait_s)

    def _after_fault(self, why: Failure, faults: int, slow: int) -> float:
        if faults == TRIES or slow == TIMEOUTS:
            words = f"{why.reason}: {why.detail[:SHOWN]}"
            raise BackendAway(f"{self._server.url} gives no answer ({words}): look into its log.")
        return backoff(faults)

    def _while_busy(self, why: str, asked_s: float | None, until: float) -> float:
        wait_s = backoff(2) if asked_s is None else asked_s
        if time.monotonic() + wait_s > until:
            raise Busy(f"{self._server.url} takes no call now ({why[:SHOWN]}).")
        return wait_s


def _has_logprobs(answer: Answer) -> bool:
    try:
        return bool(orjson.loads(answer.content)["choices"][0]["logprobs"]["content"])
    except (ValueError, TypeError, KeyError, IndexError):
        return False


def _showing(request: Request, pictures: int) -> Request:
    """With at most so many pictures."""
    images = [part for part in request.parts if isinstance(part, Image)]
    if len(images) <= pictures:
        return request
    dropped = images[pictures:]
    return replace(request, parts=tuple(part for part in request.parts if part not in dropped))
