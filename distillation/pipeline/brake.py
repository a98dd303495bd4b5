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
class _Kind:
    enough: int
    reason: str = ""
    in_a_row: int = 0
    lately: deque[str] = field(default_factory=lambda: deque(maxlen=LATELY))


class Brake(Generic[E]):
    """Holds back what fails until calls that began later succeed or fail in another way, so that a run which is stopped
    owes it still: calls that were in flight by then may have been answered before the fault. Until something succeeds,
    no more calls are in flight than it takes to know."""

    def __init__(
        self, planned: Mapping[str, int], places: Places, pass_on: Callable[[E], None], *, holds: bool = True
    ) -> None:
        self._places, self._pass_on, self._holds = places, pass_on, holds
        self._kinds = {kind: _Kind(min(MOST, max(FEWEST, n // 3))) for kind, n in planned.items()}
        self._otherwise = 0  # calls that succeeded, or failed in another way than those before
        self._held: deque[tuple[int, E]] = deque()  # with how many of these it takes until a failure is the item's own
        self.stopped: FailingAlike | None = None

    def add(self, kind: str, ended: E, failure: Failure | None) -> None:
        of = self._kinds[kind]
        if not self._holds:
            self._pass_on(ended)
        elif failure is None:
            of.lately.append("")
            self._places.hold_to(None)
            self._goes_on(of)
            self._pass_on(ended)
        elif failure.reason == NO_FEATURES and not self._held and not self.stopped:
            self._pass_on(ended)
        else:
            self._failed(kind, of, ended, failure)

    def end(self) -> None:
        """Failures that nothing followed are the items' own."""
        if self.stopped:
            self.stopped.held = [ended for _, ended in self._held]
            return
        while self._held:
            self._pass_on(self._held.popleft()[1])

    def _failed(self, kind: str, of: _Kind, ended: E, failure: Failure) -> None:
        if failure.reason not in (of.reason, NO_FEATURES):
            self._goes_on(of)
        self._held.append((self._otherwise + self._places.n, ended))
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

    def _goes_on(self, of: _Kind) -> None:
        self._otherwise += 1
        of.in_a_row, of.reason = 0, ""
        while self._held and self._held[0][0] < self._otherwise and not self.stopped:
            self._pass_on(self._held.popleft()[1])
