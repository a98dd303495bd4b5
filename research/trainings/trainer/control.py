"""What the one who started the trainer tells it, on standard input; its end means that nobody is there any more."""

import os
import threading

STOP = "stop"


class Control:
    def __init__(self) -> None:
        self.stop = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        told = b""
        while STOP.encode() not in told and (more := os.read(0, 4096)):  # sys.stdin's lock would be held at the end
            told += more
        self.stop = True
