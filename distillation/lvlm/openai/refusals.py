"""What a server's refusal means: told apart by its words, because statuses and codes differ from server to server."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import orjson

from distillation.lvlm.base import Failure, Request
from distillation.lvlm.openai.abilities import Abilities
from distillation.lvlm.openai.wire import pictures_in

TOO_LONG = re.compile(
    r"context (?:length|window|size)|too long|maximum model length|max_model_len|longer than the max"
    r"|maximum (?:input|prompt)|max_tokens must be at least 1|reduce the length|exceeds? the (?:available|maximum) "
)
BAD_PICTURE = re.compile(
    r"(?:identify|load|decode|open|process|read|parse|fetch)\w* (?:the |an? |any )?(?:image|picture|photo)"
    r"|(?:invalid|corrupt\w*|broken|truncated|malformed|unsupported|bad) (?:image|picture|base64)"
    r"|(?:image|picture)\b.{0,60}\b(?:invalid|corrupt\w*|truncated|too (?:large|small|big)|format|decod\w+|broken)"
    r"|base64|unrecognized picture|broken data stream"
)
NO_PICTURES = re.compile(
    r"not (?:a )?(?:multi-?modal|vision)|no (?:endpoints?|models?) \w+ that supports? image"
    r"|(?:not|n't) (?:support|accept|allow|take|have)\w* (?:\w+ )?(?:image|picture|vision|multi-?modal)"
    r"|(?:image|vision|multi-?modal)\w*(?: \w+)? (?:is|are) (?:not|only) (?:support|allow|enable|available)"
    r"|(?:unknown|unsupported|invalid) (?:variant|content|part|message)\W.{0,30}image|text[- ]only"
    r"|content\W.{0,40}(?:valid|be a) string"
)
FEWER_PICTURES = re.compile(
    r"(?:at most|maximum(?: number)?(?: of)?|up to|only|more than|limit\w*(?: (?:is|of|to))?) (?:a )?(\d+|one|single)"
    r" (?:image|picture|multi-?modal|photo)|image=(\d+)|multiple (?:images|pictures)"
)
QUOTA = re.compile(r"quota|billing|insufficient (?:funds|balance|credit)|credit|payment|spending limit")
FILTERED = re.compile(r"moderation|flagged|content[_ ](?:filter|policy|management)|safety|responsibleai")
RATE = re.compile(r"per (?:second|minute|hour|day)|retry in|rate[ -]limit|requests? limit")
NUMBER = r"`?(\d[\d,]*)"
MOST = re.compile(
    r"(?:max\w*|at most|up to|(?:less|lower|smaller) than or equal to|<=|between 0 and|exceeds?)"
    rf"(?:\W|allowed|value|limit|of|is|are|for|top_logprobs|\w*tokens?)*{NUMBER}"
)
CONTEXT = re.compile(rf"(?:context (?:length|window|size)|maximum model length|max_model_len)\D{{0,30}}?{NUMBER}")
PROMPT = re.compile(rf"{NUMBER}(?: tokens)? (?:in the (?:messages|prompt)|input tokens|prompt tokens|of text input)")
TOTAL = re.compile(rf"requested (?:about )?{NUMBER}")
UNSUPPORTED = re.compile(
    r"unsupported|un(?:recognized|recognised|known|expected)|extra (?:input|field)|no longer|deprecated|removed|only"
    r"|invalid|forbidden|greater than|max\w* allowed|at most|must be (?:one|[01]|the default)|instead|disabled"
    r"|(?:not|n't|cannot|never) (?:be |been |yet )?(?:support|permit|allow|implement|enabl|availab|recogni|accept|us)"
    r"|must alternate"
)
NAMES: dict[str, re.Pattern[str]] = {
    "room": re.compile(r"max_tokens|max_completion_tokens|max_output_tokens"),
    "top_logprobs": re.compile(r"log_?probs?|log probabilit"),
    "choice": re.compile(r"structured[_ ]outputs?|response_format|json_schema|guided|grammar"),
    "temperature": re.compile(r"temperature"),
    "seed": re.compile(r"\bseed\b"),
    "uuids": re.compile(r"\buuids?\b"),
    "system": re.compile(r"\bsystem\b|\broles?\b"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    words: str
    param: str = ""
    code: str = ""

    @property
    def lower(self) -> str:
        return self.words.lower()

    @property
    def is_filtered(self) -> bool:
        """A guard before the model declines this very text or picture."""
        return self.status in (400, 403) and bool(FILTERED.search(self.lower) or FILTERED.search(self.code.lower()))

    @property
    def is_quota(self) -> bool:
        """No money, not too many calls at once: waiting does not help."""
        if self.status == 402 or self.code == "insufficient_quota":
            return True
        return self.status in (403, 429) and bool(QUOTA.search(self.lower)) and not RATE.search(self.lower)


def refusal(status: int, body: bytes) -> Refusal:
    """The message inside an error body of any usual shape, else the body itself."""
    try:
        error = orjson.loads(body)
    except ValueError:
        return Refusal(status, body[:2_000].decode(errors="replace").strip())
    param = code = ""
    while isinstance(error, dict):
        param, code = str(error.get("param") or param), str(error.get("code") or code)
        inner = next((error[key] for key in ("error", "message", "detail") if key in error), None)
        if inner is None:
            break
        error = inner
    words = error if isinstance(error, str) else orjson.dumps(error)[:2_000].decode(errors="replace")
    return Refusal(status, words, param, code)


def refused_request(told: Refusal) -> Failure:
    """Why asking again would not help."""
    words = f"{told.status}: {told.words}"
    if told.is_filtered:
        return Failure("refused", words)
    if told.status == 413 or TOO_LONG.search(told.lower):
        return Failure("too_long", words)
    if NO_PICTURES.search(told.lower) or FEWER_PICTURES.search(told.lower):
        return Failure("no_pictures", words)
    return Failure("bad_picture" if BAD_PICTURE.search(told.lower) else "bad_request", words)


def lesson(told: Refusal, known: Abilities, request: Request) -> Abilities | None:
    """What the server can do then; None where the words tell nothing that would let the request through."""
    if told.status in (401, 402, 413, 429) or told.is_quota or told.is_filtered:
        return None
    return _fewer_tokens(told, known, request) or _fewer_pictures(told, known, request) or _option(told, known, request)


def _fewer_tokens(told: Refusal, known: Abilities, request: Request) -> Abilities | None:
    """A limit on the answer, or the room that the prompt leaves in the context: taken if half an answer fits."""
    room, context = known.answer_room(request.max_tokens), known.context
    if TOO_LONG.search(told.lower):
        context = _number(CONTEXT, told) or context
        most = _room_left(told, context, room) or (room // 2 if known.reasons else None)
    else:
        most = _number(MOST, told) if NAMES["room"].search(told.lower) else None
    if not known.room or most is None or not max(16, request.max_tokens // 2) <= most < room:
        return None
    return replace(known, most_tokens=most, context=context)


def _room_left(told: Refusal, context: int | None, room: int) -> int | None:
    prompt, total = _number(PROMPT, told), _number(TOTAL, told)
    prompt = prompt or (total - room if total else None)
    return context - prompt if context and prompt else None


def _number(pattern: re.Pattern[str], told: Refusal) -> int | None:
    found = pattern.search(told.lower)
    return int(found[1].replace(",", "")) if found else None


def _fewer_pictures(told: Refusal, known: Abilities, request: Request) -> Abilities | None:
    sent = pictures_in(request)
    if not sent:
        return None
    if found := FEWER_PICTURES.search(told.lower):
        most = int(next((number for number in found.groups() if number and number.isdecimal()), "1"))
        return replace(known, pictures=most) if most < min(sent, known.pictures) else None
    return replace(known, pictures=0) if NO_PICTURES.search(told.lower) and known.pictures else None


def _option(told: Refusal, known: Abilities, request: Request) -> Abilities | None:
    """By the parameter that the error names, else by the first whose name stands in its words."""
    if not (told.param or UNSUPPORTED.search(told.lower)):
        return None
    for text in (told.param.lower(), told.lower):
        for option, name in NAMES.items():
            if text and name.search(text) and was_sent(option, known, request):
                return _without(option, told, known)
    return None


def was_sent(option: str, known: Abilities, request: Request) -> bool:
    """Whether the request, sent to a server so known, carried it."""
    carried = {
        "top_logprobs": request.logprobs,
        "choice": bool(request.choices or (request.openings and not known.top_logprobs)),
        "seed": request.seed is not None,
        "uuids": bool(pictures_in(request)),
    }
    return known.has(option) and carried.get(option, True)


def _without(option: str, told: Refusal, known: Abilities) -> Abilities:
    if option == "top_logprobs" and 0 < (_number(MOST, told) or 0) < known.top_logprobs:
        return replace(known, top_logprobs=_number(MOST, told) or 0)
    return known.without(option)
