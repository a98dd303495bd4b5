"""The threads in which Django answers: so few requests at once, in the order in which they came."""

import logging
import queue
import threading
from collections.abc import Callable

LONGEST_QUEUE = 256  # beyond it nobody would wait for the answer
ASIDE = 16  # answers that are sent for long, beside those who have a turn

Job = Callable[["Turn"], None]
log = logging.getLogger(__name__)


class Turns:
    """Under the interpreter's lock more than two at once only wait for each other."""

    def __init__(self, n: int = 2, *, aside: int = ASIDE) -> None:
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._lock, self.free_aside = threading.Lock(), aside
        for _ in range(n):
            self._take_turns()

    def full(self) -> bool:
        return self._jobs.qsize() >= LONGEST_QUEUE

    def do(self, job: Job) -> None:
        self._jobs.put(job)

    def _take_turns(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        turn = Turn(self)
        while not turn.given_up:
            try:
                self._jobs.get()(turn)
            except BaseException:  # the thread is needed for the next one
                log.exception("A request could not be answered")
        with self._lock:
            self.free_aside += 1

    def replace(self) -> bool:
        """Another thread in place of one that will be busy for long; not for more than ASIDE of them."""
        with self._lock:
            if not self.free_aside:
                return False
            self.free_aside -= 1
        self._take_turns()
        return True


class Turn:
    def __init__(self, turns: Turns) -> None:
        self._turns, self.given_up = turns, False

    def give_up(self) -> None:
        """To the next one, while this goes on: an answer that the other side reads slowly, a file that comes so."""
        self.given_up = self.given_up or self._turns.replace()
