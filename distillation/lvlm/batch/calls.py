"""Calls that are answered hours later: under which id, and what is kept of an answer until it is read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from distillation.lvlm.base import Ask, Describe, Failure, Image, Intend, Reply, Request, Usage
from distillation.lvlm.openai.abilities import Abilities
from distillation.lvlm.openai.refusals import Refusal

FEATURE, INTENTION, VERDICT = "feature", "intention", "verdict"
LOST = 0  # the status of a call that was not answered
OK = 200
WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one call: a reply (200), a refusal, or nothing and why (LOST)."""

    status: int
    reply: Reply | None = None
    refusal: Refusal | None = None
    fault: Failure | None = None

    def as_text(self) -> str:
        """ASCII, whatever a model says: PostgreSQL takes neither NUL nor half a surrogate."""
        kept = self.reply or self.refusal or self.fault
        return json.dumps({"status": self.status, "kept": asdict(kept) if kept else {}})

    @classmethod
    def from_text(cls, text: str) -> Self:
        stored = json.loads(text)
        status, kept = stored["status"], stored["kept"]
        if status == OK:
            return cls(status, reply=_reply(kept))
        if status == LOST:
            return cls(status, fault=Failure(**kept))
        return cls(status, refusal=Refusal(**kept))


def lost(reason: str, detail: str) -> Came:
    return Came(LOST, fault=Failure(reason, detail))


@dataclass(frozen=True, slots=True)
class Call:
    """`came` is none while the answer is out. `tries` and `lessons` are the times it was asked before this."""

    sent: Abilities
    came: Came | None = None
    tries: int = 0
    lessons: int = 0


def call_id(request: Request) -> str:
    """The same for the same question of the same unit, whenever it is asked; at most 64 characters."""
    subject = request.subject
    if isinstance(subject, Describe):
        step, asins, of = FEATURE, [subject.product.asin], FEATURE
    elif isinstance(subject, Ask):
        raise TypeError("A benchmark's questions are asked live, not in batches")
    else:
        step = INTENTION if isinstance(subject, Intend) else VERDICT
        asins, of = [subject.pair.a.asin, subject.pair.b.asin], f"{step}-{subject.relation}-{subject.sample}"
    parts = [part.digest if isinstance(part, Image) else part.text for part in request.parts]
    asked = (
        *(step, asins, request.system, parts, request.max_tokens, request.temperature),
        *(request.choices, request.openings, request.logprobs, request.seed),
    )
    return f"{of}-{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]}"


def _reply(kept: dict[str, Any]) -> Reply:
    usage, error = Usage(**kept.pop("usage")), kept.pop("error")
    return Reply(**kept, usage=usage, error=Failure(**error) if error else None)
