"""A small discrete simulation of people who judge and a web server that answers: cores, locks of processes, waits.

Closed: each annotator thinks, asks, is answered, thinks … A request passes its stations in turn. Work on a processor
takes a core in slices, first come first served; of a web process (or the measuring client) only one thread runs.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SLICE_S = 0.001
WARM_UP = 0.2  # of the time, not counted


@dataclass(frozen=True)
class Demands:
    """Seconds of processor for one judgment with its audit (two requests), and what of it is no work."""

    web: float
    database: float
    client: float = 0.0  # where it runs on the same cores
    wait: float = 0.0


@dataclass(frozen=True)
class Machine:
    cores: int
    processes: int = 2


class Simulation:
    def __init__(self, machine: Machine, demands: Demands, *, annotators: int, think_s: float, seed: int = 1) -> None:
        self._machine, self._demands, self._think = machine, demands, think_s
        self._random = random.Random(seed)
        self._now, self._order = 0.0, 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._free, self._cores_wanted = machine.cores, deque[tuple[float, Callable[[], None]]]()
        self._locks: dict[str, deque[Callable[[], None]]] = {}
        self.times: list[float] = []  # of answers, after the warm-up
        self._annotators, self._warm = annotators, 0.0

    def run(self, seconds: float) -> tuple[float, float]:
        """Judgments a second, and the 95th percentile of the seconds until an answer."""
        self._warm = WARM_UP * seconds
        for n in range(self._annotators):
            self._later(self._random.random() * (self._think or 0.01), lambda n=n: self._judge(n))
        while self._events and self._events[0][0] < seconds:
            self._now, _, do = heapq.heappop(self._events)
            do()
        ordered = sorted(self.times)
        return len(ordered) / 2 / (seconds - self._warm), ordered[int(0.95 * len(ordered))]

    def _judge(self, n: int) -> None:
        web = f"web {n % self._machine.processes}"
        half = self._demands
        steps = [
            ("client", half.client / 4), (web, half.web / 4), ("", half.database / 2), (web, half.web / 4),
            ("client", half.client / 4), ("wait", half.wait / 2),
        ]  # fmt: skip

        def request(left: int) -> None:
            began = self._now

            def answered() -> None:
                if began > self._warm:
                    self.times.append(self._now - began)
                if left:
                    request(left - 1)
                else:
                    self._later(self._drawn(self._think), lambda: self._judge(n))

            self._walk(iter(steps), answered)

        request(1)

    def _walk(self, steps: Iterator[tuple[str, float]], done: Callable[[], None]) -> None:
        step = next(steps, None)
        if step is None:
            done()
            return
        name, mean = step
        if name == "wait":
            self._later(mean, lambda: self._walk(steps, done))
        elif name:
            self._locked(name, lambda: self._work(self._drawn(mean), lambda: self._unlocked(name, steps, done)))
        else:
            self._work(self._drawn(mean), lambda: self._walk(steps, done))

    def _locked(self, name: str, do: Callable[[], None]) -> None:
        waiting = self._locks.setdefault(name, deque())
        waiting.append(do)
        if len(waiting) == 1:
            do()

    def _unlocked(self, name: str, steps: Iterator[tuple[str, float]], done: Callable[[], None]) -> None:
        self._locks[name].popleft()
        if self._locks[name]:
            self._locks[name][0]()
        self._walk(steps, done)

    def _work(self, seconds: float, done: Callable[[], None]) -> None:
        self._cores_wanted.append((seconds, done))
        self._start()

    def _start(self) -> None:
        while self._free and self._cores_wanted:
            self._free -= 1
            seconds, done = self._cores_wanted.popleft()
            self._later(min(seconds, SLICE_S), lambda s=seconds, d=done: self._sliced(s - SLICE_S, d))

    def _sliced(self, left: float, done: Callable[[], None]) -> None:
        self._free += 1
        if left > 0:
            self._cores_wanted.append((left, done))
        else:
            done()
        self._start()

    def _drawn(self, mean: float) -> float:
        """Half of it is always there, half is exponential: requests of one kind are much alike."""
        return mean / 2 + self._random.expovariate(2 / mean) if mean else 0.0

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (self._now + seconds, self._order, do))
