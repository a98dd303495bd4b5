"""python -m research.trainings.trainer.main FOLDER: trains as FOLDER/spec.json says, from its newest checkpoint on.

One process a GPU; without one, on the CPU. Exit status: 0 done or stopped as told, 1 failed, 2 refused.
"""

import errno
import fcntl
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import IO

from research.trainings.trainer.checkpoints import unfinished_remove
from research.trainings.trainer.data import data_checked
from research.trainings.trainer.events import Events, Refused
from research.trainings.trainer.spec import CHECKPOINTS, EVENTS, SPEC, Spec

FULL = (errno.ENOSPC, errno.EDQUOT)
WAIT_S = 300
LEAST_ROOM = 64 * 1024  # bytes


def main(folder: Path) -> int:
    events = Events(folder / EVENTS)
    try:
        spec = Spec.of(json.loads((folder / SPEC).read_text(encoding="utf-8")))
        if "RANK" in os.environ:  # one of several, which the first has started
            return _train(spec, folder, events)
        lock = (folder / "lock").open("w")
        os.set_inheritable(lock.fileno(), True)
        _wait_for(lock, events)
        data = data_checked(Path(spec.data))
        events.say("data", train=data.train, validation=data.validation, sha256=data.digest)
        return _train(spec, folder, events)
    except Refused as refused:
        events.say("refused", why=str(refused))
        return 2
    except Exception as error:
        why = _why(error, folder)
        unfinished_remove(folder / CHECKPOINTS)  # a full disk has no room for a line either
        events.say("failed", why=why)
        raise


def _wait_for(lock: IO[str], events: Events) -> None:
    """One whose starter died ends at its next logged step; this one begins after it. Raises Refused."""
    for tried in range(WAIT_S):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not tried:
                events.say("waiting")
            time.sleep(1)
    raise Refused("Another process is training in this folder: wait until it has ended")


def _train(spec: Spec, folder: Path, events: Events) -> int:
    import torch  # noqa: PLC0415 - what is wrong with the data is said without waiting for it

    if (n := torch.cuda.device_count()) > 1 and "RANK" not in os.environ:
        arguments = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", str(n), "--module"]
        os.execv(sys.executable, [sys.executable, *arguments, __spec__.name, str(folder)])  # noqa: S606
    from research.trainings.trainer.lora import train  # noqa: PLC0415

    train(spec, folder, events)
    return 0


def _why(error: Exception, folder: Path) -> str:
    """Libraries wrap what the system said, or leave it away: a full disk is told by what room it has, too."""
    text = " ".join(str(error).split())[:400]
    is_full = shutil.disk_usage(folder).free < LEAST_ROOM
    if is_full or getattr(error, "errno", 0) in FULL or "No space left" in text or "os error 28" in text:
        return f"The disk is full at {folder}: make room there and go on from the last whole checkpoint"
    if "out of memory" in text.lower():
        return f"Memory ran out: a smaller --batch with a larger --gather, --max-length or --qlora needs less ({text})"
    return f"{type(error).__name__}: {text}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
