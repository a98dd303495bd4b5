"""Requests to bytes, in the OpenAI chat format, as far as a server has it. No input or output happens here."""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from distillation.lvlm.base import Image, Part, Request, Text
from distillation.lvlm.openai.abilities import Abilities


@dataclass(frozen=True, slots=True)
class Way:
    """How pictures are sent: with their uuids or without, and which of them by uuid alone."""

    named: bool = False
    known: Container[str] = ()


PLAIN, NAMED = Way(), Way(named=True)


class PictureUrls(Protocol):
    def url(self, image: Image) -> bytes:
        """JSON of its `image_url`."""


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


def pictures_in(request: Request) -> int:
    return sum(isinstance(part, Image) for part in request.parts)


def encode_request(request: Request, model: str, pictures: PictureUrls, way: Way, can: Abilities) -> bytes:
    alone = can.system or not request.system
    parts = request.parts if alone else (Text(request.system), *request.parts)
    user = b'{"role":"user","content":%b}' % _content(parts, pictures, way)
    told = can.system and request.system
    system = b'{"role":"system","content":%b},' % orjson.dumps(request.system) if told else b""
    settings = orjson.dumps(_settings(request, model, can))
    return b'{"messages":[' + system + user + b"]," + settings[1:]


def _settings(request: Request, model: str, can: Abilities) -> dict[str, Any]:
    settings: dict[str, Any] = {"model": model}
    if can.room:
        settings[can.room] = can.answer_room(request.max_tokens)
    if can.temperature:
        settings["temperature"] = request.temperature
    if request.logprobs and can.top_logprobs:
        settings |= {"logprobs": True, "top_logprobs": can.top_logprobs}
    if can.choice and (request.choices or (request.openings and not can.top_logprobs)):
        settings |= _held_to(request, can.choice)
    if request.seed is not None and can.seed:
        settings["seed"] = request.seed
    return settings


def _held_to(request: Request, form: str) -> dict[str, Any]:
    """A verdict of a server without probabilities is held to begin with its answer: that word is all there is."""
    if form == "structured_outputs":
        opened = {"regex": rf"({'|'.join(request.openings)})[,.:;] [^\n]{{1,600}}"}
        return {form: {"choice": request.choices} if request.choices else opened}
    answer = {"type": "string", "enum": request.choices or request.openings}
    properties = {"answer": answer} if request.choices else {"answer": answer, "reason": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {form: {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}}


def _content(parts: Sequence[Part], pictures: PictureUrls, way: Way) -> bytes:
    """Text alone as one string: servers of text models take no list of parts, and vLLM puts the same sign between."""
    if all(isinstance(part, Text) for part in parts):
        return orjson.dumps("\n".join(part.text for part in parts if isinstance(part, Text)))
    return b"[%b]" % b",".join(_part(part, pictures, way) for part in parts)


def _part(part: Part, pictures: PictureUrls, way: Way) -> bytes:
    if isinstance(part, Text):
        return orjson.dumps({"type": "text", "text": part.text})
    url = b"null" if part.digest in way.known else pictures.url(part)
    name = b',"uuid":"%b"' % part.digest.encode() if way.named else b""
    return b'{"type":"image_url","image_url":%b%b}' % (url, name)
