"""A large file is read by two processes: one that is started for it unpacks and cuts it, and parses what it can.

Nothing hangs on it: where it ends too soon, for it was killed or has met an error, the file is read on here, and
refused here by its line. It ends when nobody takes what it sends.
"""

import fcntl
import os
import pickle
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from distillation.catalog.intake.texts import Rows, TextOf, rows_of
from distillation.catalog.readers.lines import BLOCK
from distillation.catalog.readers.records import Chunk, Position

Read = Callable[[Position], Iterator[Chunk]]  # pickled, as TextOf is: partials of functions that modules have

LARGE = 20 << 20  # bytes of a file; a smaller one is read as soon as another interpreter has begun
AHEAD = 1 << 20  # bytes that may lie sent and not yet taken
ROOT = Path(__file__).parents[3]
# Not by `-m`, for which the working directory would have to be another, and the file's path may be relative to it.
PROGRAM = f"import sys; sys.path[0] = {str(ROOT)!r}; from {__name__} import main; main()"


@contextmanager
def rows_read(
    path: Path, read: Read, start: Position, text_of: TextOf, *, is_table: bool = False
) -> Iterator[Iterator[Rows]]:
    """Of a table the rows are most of the work, and would have to be sent."""
    if is_table or path.stat().st_size < LARGE or (os.cpu_count() or 1) < 2:
        yield (rows_of(chunk, text_of) for chunk in read(start))
        return
    words = [sys.executable, "-c", PROGRAM, pickle.dumps((read, start, text_of)).hex()]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 - ourselves
        words, stdin=nowhere, stdout=subprocess.PIPE, stderr=nowhere
    ) as beside:
        try:
            yield _rows_of_both(cast("IO[bytes]", beside.stdout), read, start, text_of)
        finally:
            beside.kill()


def _rows_of_both(sent: IO[bytes], read: Read, end: Position, text_of: TextOf) -> Iterator[Rows]:
    with suppress(EOFError, pickle.UnpicklingError):
        while one := pickle.load(sent):  # noqa: S301 - by a process of our own
            yield one if isinstance(one, Rows) else rows_of(one, text_of)
            end = one.end
        return
    yield from (rows_of(chunk, text_of) for chunk in read(end))


def main() -> None:
    read, start, text_of = pickle.loads(bytes.fromhex(sys.argv[1]))  # noqa: S301 - of the process that has started it
    out = sys.stdout.buffer
    with suppress(OSError):  # of a user who has many
        fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, AHEAD)
    for chunk in read(start):
        # Whoever has the time parses it: that is this process while a chunk waits for the other.
        pickle.dump(rows_of(chunk, text_of) if _waiting(out) > BLOCK else chunk, out)
        out.flush()
    pickle.dump(None, out)  # that this was all


def _waiting(pipe: IO[bytes]) -> int:
    """Bytes sent and not yet taken."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)
