"""python -m research.gains.leash COMMAND…: runs it for as long as standard input is open.

A model server outlives a command that is killed, and holds the memory that the next one needs.
"""

import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(process.pid, signal.SIGTERM))  # told to end, it ends both
    threading.Thread(target=_wait, args=[process], daemon=True).start()
    return process.wait()


def _wait(process: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 4096):  # not by sys.stdin, whose lock a thread that waits would hold at the end
        pass
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
