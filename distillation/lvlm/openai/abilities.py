"""What a model server can do, as it was found out, and what that costs a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

TOP_LOGPROBS = 20
PICTURES = 2  # of a co-buy
REASONING_ROOM = 4_096  # tokens, at least, where the model reasons before it answers
FORMS = ("structured_outputs", "response_format", "")


@dataclass(frozen=True, slots=True)
class Abilities:
    """The defaults are those of a server that can do everything and has not been asked."""

    model: str = ""  # as its replies name it
    listed: bool = True  # it lists its models, so a name can be checked
    pictures: int = PICTURES  # at most so many in a call
    uuids: bool = False  # it keeps pictures under their uuid
    system: bool = True
    room: str = "max_tokens"  # the name it has for that, or none
    temperature: bool = True
    seed: bool = True
    top_logprobs: int = TOP_LOGPROBS  # 0: it gives none
    choice: str = FORMS[0]  # how it is held to some answers; empty: not at all
    most_tokens: int | None = None  # of one answer
    context: int | None = None  # tokens of prompt and answer together, where it says so
    reasons: bool = False

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """What an older or newer version stored besides is left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def changed_to(self, other: Self) -> dict[str, Any]:
        mine, theirs = self.as_dict(), other.as_dict()
        return {name: value for name, value in theirs.items() if value != mine[name]}

    def answer_room(self, max_tokens: int) -> int:
        """Tokens to ask for: an answer of `max_tokens`, and where the model reasons first, that before it."""
        room = max(REASONING_ROOM, 8 * max_tokens) if self.reasons else max_tokens
        return min(room, self.most_tokens or room)

    def without(self, option: str) -> Self:
        """The next best where it refuses one of OPTIONS."""
        if option == "room":
            return replace(self, room="max_completion_tokens" if self.room == "max_tokens" else "")
        if option == "choice":
            return replace(self, choice=FORMS[FORMS.index(self.choice) + 1])
        changed: dict[str, Any] = {option: 0 if option == "top_logprobs" else False}
        return replace(self, **changed)

    def has(self, option: str) -> bool:
        return bool(getattr(self, option))

    def costs(self) -> Iterator[str]:
        """What each thing that it can't do costs, in a line."""
        if not self.listed:
            yield "no list of models: the model's name is believed"
        if not self.pictures:
            yield "no pictures: only runs without pictures"
        if self.pictures == 1:
            yield "one picture in a call: a co-buy's two are put side by side on one canvas, where that is chosen"
        if not self.uuids and self.pictures:
            yield "no pictures by uuid: each call carries its pictures whole"
        if not self.system:
            yield "no system role: its text stands before the question"
        if self.room == "max_completion_tokens":
            yield "max_tokens is called max_completion_tokens: asked for under that name"
        if not self.room:
            yield "no limit of tokens: answers may be longer than asked for"
        if not self.temperature:
            yield "temperature is fixed: answers vary as the server has it, not as the run does"
        if not self.seed:
            yield "no seed: further samples differ only by chance"
        yield from self._filter_costs()

    def _filter_costs(self) -> Iterator[str]:
        if not self.top_logprobs:
            yield "no probabilities: verdicts count as 1 or 0; the threshold curve will be a step"
        elif self.top_logprobs < TOP_LOGPROBS:
            yield f"{self.top_logprobs} probabilities a token, not {TOP_LOGPROBS}: p(yes) misses rare spellings"
        if self.choice == "response_format":
            yield "choices by response_format: the second question is answered in JSON"
        if not self.choice:
            yield "no structured output: the second question may go unanswered, too"
        if self.reasons:
            yield f"it reasons before it answers: at least {REASONING_ROOM:,} tokens for each call, so calls are slow"


# What can be left away, in the order in which servers refuse it.
OPTIONS = ("choice", "top_logprobs", "uuids", "temperature", "seed", "system", "room")


def agreed(known: Iterable[Abilities]) -> dict[str, Any]:
    """What the servers of one run can all do, of that which shows in its answers."""
    all_known = list(known)
    both = {name: all(getattr(each, name) for each in all_known) for name in ("system", "temperature", "seed")}
    least = {name: min(getattr(each, name) for each in all_known) for name in ("pictures", "top_logprobs")}
    return {**both, **least}
