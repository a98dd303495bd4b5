"""Stays behind when a supervisor is killed: ends what it had started, then the embedded servers that nobody else uses.

python -m mindsite.supervision.guard ROLE PID     (of the supervisor, which holds the other end of standard input)
"""

import signal
import sys


def main() -> int:
    role, supervisor = sys.argv[1], int(sys.argv[2])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with the supervisor, after it
    sys.stdin.buffer.read()
    # Only now: it waits for weeks, and should cost little memory.
    from mindsite import embedded  # noqa: PLC0415
    from mindsite.supervision.instances import Instance, Record  # noqa: PLC0415

    known = Record.read(Instance(embedded.VAR / "run", role).record)
    if known.pid == supervisor:  # else the next one runs by now, and has done it
        known.end()
    embedded.stop_unused()
    return 0


if __name__ == "__main__":
    sys.exit(main())
