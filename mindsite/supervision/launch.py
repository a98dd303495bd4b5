"""Run as a script: becomes COMMAND, which is sent SIGTERM when the process that started it ends in whatever way.

python launch.py PARENT COMMAND ARG…
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress

PR_SET_PDEATHSIG = 1  # kept over execve, not over fork
KILLED_FIRST = "500"  # of 1,000


def main() -> None:
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit("who started this has ended")
    # Where memory is short the kernel is to kill these first, who are started again, and not who starts them.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(KILLED_FIRST)
    os.execvp(command[0], command)  # noqa: S606 - our own words


if __name__ == "__main__":
    main()
