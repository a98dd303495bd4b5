"""A large file is read by two processes: one that is started for it unpacks and cuts it, and parses part of the lines.

Nothing hangs on it: where it ends too soon, for it was killed or has met an error, the file is read on here, and
refused here by its line. It ends when nobody takes what it sends.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from distillation.catalog.intake.texts import Rows, TextOf, rows_of
from distillation.catalog.readers.records import Chunk, Position

Read = Callable[[Position], Iterator[Chunk]]  # pickled, as TextOf is: partials of functions that modules have

LARGE = 4_000_000  # bytes of a file; a smaller one is read before another interpreter has begun
AHEAD = 1 << 20  # bytes that may lie sent and not yet taken
SHARE = 3  # of so many chunks it parses one, the others are parsed here: both then have as much to do
ROOT = Path(__file__).parents[3]
# Not by `-m`, for which the working directory would have to be another, and the file's path may be relative to it.
PROGRAM = f"import sys; sys.path[0] = {str(ROOT)!r}; from {__name__} import main; main()"


@contextmanager
def rows_read(path: Path, read: Read, start: Position, text_of: TextOf) -> Iterator[Iterator[Rows]]:
    if path.stat().st_size < LARGE or len(os.sched_getaffinity(0)) < 2:
        yield (rows_of(chunk, text_of) for chunk in read(start))
        return
    words = [sys.executable, "-c", PROGRAM, pickle.dumps((read, start, text_of)).hex()]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 - ourselves
        words, AHEAD, stdin=nowhere, stdout=subprocess.PIPE, stderr=nowhere, pipesize=AHEAD
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
    for number, chunk in enumerate(read(start)):
        pickle.dump(chunk if number % SHARE else rows_of(chunk, text_of), sys.stdout.buffer)
        sys.stdout.flush()
    pickle.dump(None, sys.stdout.buffer)  # that this was all
