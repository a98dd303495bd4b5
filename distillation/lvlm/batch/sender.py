"""Whoever runs a file of requests: a server of the batch API, or a command on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Stage(StrEnum):
    RUNNING = "running"
    ENDED = "ended"  # whatever of it was answered can be had
    CROWDED = "crowded"  # refused whole, for the time being
    REFUSED = "refused"  # refused whole, for good
    GONE = "gone"  # nobody knows of it any more


@dataclass(frozen=True, slots=True)
class Look:
    stage: Stage
    words: str = ""
    answered: int = 0
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """`tried`: it was sent before, perhaps in vain; `file_id` is the server's name for the file, where it is known."""

    key: str
    run: str
    path: Path
    tried: bool = False
    file_id: str = ""


class Sender(Protocol):
    """Raises BackendAway where the runner of batches is away, Unfit where it refuses."""

    where: str

    async def check(self, model: str) -> str:
        """The model that is meant."""

    async def upload(self, sending: Sending) -> str:
        """The name that it has for the file."""

    async def send(self, sending: Sending) -> str:
        """The id of the batch; of the one that it knows already, where it was sent before."""

    async def look(self, batch_id: str) -> Look: ...

    def lines(self, outputs: tuple[str, ...], most: int) -> AsyncIterator[bytes]:
        """Of what came back; no more than so many."""

    async def cancel(self, batch_id: str) -> None: ...

    async def delete(self, names: Sequence[str]) -> None:
        """Files of questions or answers, as far as that goes."""

    async def models(self) -> list[str] | None:
        """The names of its models; None where it lists none."""
