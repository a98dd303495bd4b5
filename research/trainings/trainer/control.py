"""What the one who started the trainer tells it, on standard input; its end means that nobody is there any more."""

import sys
import threading

STOP = "stop"


class Control:
    def __init__(self) -> None:
        self.stop = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.strip() == STOP:
                break
        self.stop = True
