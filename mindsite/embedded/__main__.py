"""Run a command while the embedded services are held: python -m mindsite.embedded [--database-only] COMMAND ARG…"""

import argparse
import os
import signal
import sys

from . import ServiceError, services

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FROM_KERNEL = 128  # si_code of a signal from the terminal, which the command has received as well


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mindsite.embedded", description=__doc__)
    parser.add_argument("--database-only", action="store_true", help="PostgreSQL without the broker")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND ARG…")
    options = parser.parse_args()
    if not options.command:
        parser.error("which command?")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        with services(broker=not options.database_only):
            return run(options.command)
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def run(command: list[str]) -> int:
    """Its exit status. The signals stay blocked after it, so that none cuts the stopping of the servers short."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (*PASSED_ON, signal.SIGCHLD))
    try:
        pid = os.posix_spawnp(command[0], command, os.environ, setsigmask=(), setsigdef=(signal.SIGPIPE,))
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    while True:
        received = signal.sigwaitinfo((*PASSED_ON, signal.SIGCHLD))
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if received.si_signo != signal.SIGCHLD and received.si_code != FROM_KERNEL:
            os.kill(pid, received.si_signo)


if __name__ == "__main__":
    sys.exit(main())
