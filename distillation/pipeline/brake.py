"""Stops a run whose calls fail alike: that is the server's fault or the run's, and no item's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from distillation.lvlm.base import Failure
from distillation.lvlm.places import Places

E = TypeVar("E")
FEWEST, MOST = 5, 30  # failures alike in a row
LATELY = 200
NO_FEATURES = "no_features"  # follows from a failure and is none of its own


class FailingAlike(Exception):
    """`failure` is the newest of them."""

    def __init__(self, words: str, failure: Failure) -> None:
        super().__init__(f"{words} ({failure.reason.replace('_', ' ')}: {failure.detail})")
        self.words, self.failure = words, failure
        self.held: Sequence[Any] = ()  # what failed and is owed still


@dataclass(slots=True)
class _Kind(Generic[E]):
    enough: int
    reason: str = ""
    in_a_row: int = 0
    held: list[E] = field(default_factory=list)
    lately: deque[str] = field(default_factory=lambda: deque(maxlen=LATELY))


class Brake(Generic[E]):
    """Holds back what fails until something of its kind succeeds or fails in another way, so that a run which is
    stopped owes it still. Until something succeeds, no more calls are in flight than it takes to know."""

    def __init__(
        self, planned: Mapping[str, int], places: Places, pass_on: Callable[[E], None], *, holds: bool = True
    ) -> None:
        self._places, self._pass_on, self._holds = places, pass_on, holds
        self._kinds: dict[str, _Kind[E]] = {kind: _Kind(min(MOST, max(FEWEST, n // 3))) for kind, n in planned.items()}
        self.stopped: FailingAlike | None = None

    def add(self, kind: str, ended: E, failure: Failure | None) -> None:
        of = self._kinds[kind]
        if not self._holds:
            self._pass_on(ended)
        elif failure is None:
            of.lately.append("")
            self._places.hold_to(None)
            self._release(of)
            self._pass_on(ended)
        elif failure.reason == NO_FEATURES and not of.held and not self.stopped:
            self._pass_on(ended)
        else:
            self._failed(kind, of, ended, failure)

    def end(self) -> None:
        """Failures that nothing followed are the items' own."""
        if self.stopped:
            self.stopped.held = [ended for of in self._kinds.values() for ended in of.held]
        for of in self._kinds.values():
            self._release(of)

    def _failed(self, kind: str, of: _Kind[E], ended: E, failure: Failure) -> None:
        if failure.reason not in (of.reason, NO_FEATURES):
            self._release(of)
        of.held.append(ended)
        if failure.reason == NO_FEATURES or self.stopped:
            return
        of.lately.append(failure.reason)
        of.reason, of.in_a_row = failure.reason, of.in_a_row + 1
        self._places.hold_to(max(1, of.enough - of.in_a_row))
        if of.in_a_row >= of.enough:
            self._stop(f"The last {of.in_a_row} {kind} failed alike", failure)
        elif (n := of.lately.count(failure.reason)) > LATELY / 2:
            self._stop(f"{n} of the last {len(of.lately)} {kind} failed alike", failure)

    def _stop(self, words: str, failure: Failure) -> None:
        self.stopped = FailingAlike(words, failure)
        self._places.close()

    def _release(self, of: _Kind[E]) -> None:
        """What a run that is stopped held back is forgotten."""
        for ended in () if self.stopped else of.held:
            self._pass_on(ended)
        of.held, of.in_a_row, of.reason = [], 0, ""
