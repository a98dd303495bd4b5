"""The one LVLM interface: a request in, a reply out; a bad item is a reply with an error, not an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from distillation.pipeline.records import Ask, Describe, Image, Intend, Judge, Subject

__all__ = [
    "Ask",
    "Backend",
    "BackendAway",
    "Busy",
    "Describe",
    "Failure",
    "Image",
    "Intend",
    "Judge",
    "Part",
    "Reply",
    "Request",
    "Subject",
    "Text",
    "Unfit",
    "Usage",
    "WrongModel",
]

DETAIL_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class Text:
    text: str


Part = Text | Image


@dataclass(frozen=True, slots=True)
class Request:
    subject: Subject
    system: str
    parts: tuple[Part, ...]
    max_tokens: int
    temperature: float
    choices: tuple[str, ...] = ()  # the answer is one of these
    openings: tuple[str, ...] = ()  # it begins with one of these
    logprobs: bool = False
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Failure:
    reason: str
    detail: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", self.detail[:DETAIL_LENGTH])


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    finish: str = "stop"
    p_yes: float | None = None
    usage: Usage = field(default_factory=Usage)
    error: Failure | None = None
    reasoned: bool = False  # the model thought before it answered, in the text or beside it
    model: str = ""  # as the reply names it
    server: str = ""


class BackendAway(Exception):
    """The server can't be reached now, or turns everybody away: the run waits, no item failed."""


class Busy(BackendAway):
    """The server is there, and takes no call now."""


class Unfit(Exception):
    """What waiting does not mend: the message says what the server lacks or refuses, and what to do."""


class WrongModel(Unfit):
    """The server does not serve the model; the message says what it serves."""


class Backend(Protocol):
    name: str
    model: str

    @property
    def fault(self) -> str:
        """What is wrong with a server while it is waited for; empty while answers come."""

    @property
    def known(self) -> Mapping[str, Any]:
        """What has been found out of each server, for the next backend with the same ones."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    async def check(self) -> None:
        """Raises BackendAway or Unfit."""

    async def reply(self, request: Request) -> Reply:
        """Never raises for a bad item; raises BackendAway or Unfit."""
