"""Files of requests run on this machine, by a command such as `vllm run-batch`, or by whoever takes them from the
folder and puts the answers beside them."""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from distillation.lvlm.base import Unfit, WrongModel
from distillation.lvlm.batch.lines import split_lines
from distillation.lvlm.batch.sender import Look, Sending, Stage

CHUNK = 1 << 20
STILL_S = 10.0  # a file that somebody puts there is whole when it has not grown for so long
LOG_SHOWN = 200


class BatchCommand:
    """The command goes on without the worker that started it: it holds a lock for as long as it runs, and what it
    writes is there when the lock is free. `command` has {input}, {output} and {model}; empty: none is started."""

    where = "batch files"

    def __init__(self, folder: Path, command: str) -> None:
        self._folder, self._words = folder, shlex.split(command)
        self._model = ""

    async def check(self, model: str) -> str:
        if not model:
            raise WrongModel("Batch files need the name of their model: give --model, or a --base-url to ask.")
        told = " ".join(self._words)
        if self._words and not ("{input}" in told and "{output}" in told):
            raise Unfit("LVLM_BATCH_COMMAND names no {input} or no {output}: write -i {input} -o {output}, say.")
        self._model = model
        return model

    async def models(self) -> list[str] | None:
        return None

    async def upload(self, sending: Sending) -> str:
        return sending.key

    async def send(self, sending: Sending) -> str:
        return sending.key

    async def look(self, batch_id: str) -> Look:
        output, request = self._output(batch_id), self._folder / f"{batch_id}.jsonl"
        if not self._words:
            there = output.exists() and time.time() - output.stat().st_mtime > STILL_S
            return self._ended(output) if there else self._waiting(request, output)
        if self._is_held(self._lock(batch_id)):
            return Look(Stage.RUNNING, "it is being answered")
        if output.exists():
            return self._ended(output)
        if not request.exists():
            return Look(Stage.GONE, "its file of requests is not there")
        return self._start(batch_id, request, output)

    def _waiting(self, request: Path, output: Path) -> Look:
        if not request.exists():
            return Look(Stage.GONE, "its file of requests is not there")
        return Look(Stage.RUNNING, f"put the answers to {request} into {output.name} beside it")

    def _ended(self, output: Path) -> Look:
        return Look(Stage.ENDED, outputs=(str(output),))

    def _start(self, batch_id: str, request: Path, output: Path) -> Look:
        """One at a time: the command fills the machine. One that ended without answers is a stop, not a fault."""
        log = self._folder / f"{batch_id}.log"
        if log.exists() and (said := " ".join(log.read_text(errors="replace").split())):
            log.unlink()
            said = said[-LOG_SHOWN:]
            raise Unfit(f"{self._words[0]} ended without answers (… {said}): mend that, then resume the run.")
        machine, own = self._held(self._folder.parent / "command.lock"), self._held(self._lock(batch_id))
        if machine is None or own is None:
            _close(machine, own)
            return Look(Stage.RUNNING, "another batch is being answered")
        words = [self._filled(word, request, output) for word in self._words]
        try:
            with log.open("wb") as heard:
                subprocess.Popen(  # noqa: S603 - the operator's own command
                    words, stdin=subprocess.DEVNULL, stdout=heard, stderr=heard, start_new_session=True,
                    pass_fds=(machine, own),
                )  # fmt: skip
        except OSError as error:
            log.unlink()
            raise Unfit(f"{words[0]} can't be started ({error.strerror}): correct LVLM_BATCH_COMMAND.") from None
        finally:
            _close(machine, own)
        return Look(Stage.RUNNING, f"{words[0]} has begun")

    def _filled(self, word: str, request: Path, output: Path) -> str:
        for name, value in {"{input}": request, "{output}": output, "{model}": self._model}.items():
            word = word.replace(name, str(value))  # other braces may be JSON
        return word

    async def lines(self, outputs: tuple[str, ...], most: int) -> AsyncIterator[bytes]:
        for output in outputs:
            async for line in split_lines(_chunks(Path(output))):
                most -= 1
                if most < 0:
                    raise Unfit(f"{output} has more answers than its batch has requests: look into it.")
                yield line

    async def cancel(self, batch_id: str) -> None:
        (self._folder / f"{batch_id}.jsonl").unlink(missing_ok=True)

    async def delete(self, names: Sequence[str]) -> None:
        """All of them are in our own folder, and gone already."""

    def _output(self, batch_id: str) -> Path:
        return self._folder / f"{batch_id}.output"

    def _lock(self, batch_id: str) -> Path:
        return self._folder / f"{batch_id}.lock"

    def _held(self, path: Path) -> int | None:
        """A descriptor that holds it, or None where somebody else does."""
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock

    def _is_held(self, path: Path) -> bool:
        lock = self._held(path)
        _close(lock)
        return lock is None


def _close(*descriptors: int | None) -> None:
    for descriptor in descriptors:
        if descriptor is not None:
            os.close(descriptor)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
