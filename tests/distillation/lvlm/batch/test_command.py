"""Files of requests that a command of this machine answers, or somebody who takes them from the folder."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from distillation.lvlm.base import Unfit, WrongModel
from distillation.lvlm.batch.command import STILL_S, BatchCommand
from distillation.lvlm.batch.sender import Look, Stage

COPIES = f"{sys.executable} -c 'import sys, shutil; shutil.copy(sys.argv[1], sys.argv[2])' {{input}} {{output}}"
BREAKS = f"""{sys.executable} -c 'import sys; sys.exit("no room on the GPU")' {{input}} {{output}}"""
KEY = "k" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / f"{KEY}.jsonl").write_text('{"one": 1}\n{"two": 2}\n')
    return tmp_path / "1"


def look(folder: Path, command: str) -> Look:
    async def run() -> Look:
        runner = BatchCommand(folder, command)
        await runner.check("m")
        return await runner.look(KEY)

    return asyncio.run(run())


def ended(folder: Path, command: str) -> Look:
    for _ in range(200):
        if (seen := look(folder, command)).stage != Stage.RUNNING:
            return seen
        time.sleep(0.05)
    raise AssertionError("still running")


def test_a_command_is_started_once_and_its_answers_are_found_by_another_worker(folder: Path) -> None:
    assert look(folder, COPIES).stage == Stage.RUNNING
    outputs = ended(folder, COPIES).outputs

    async def lines() -> list[bytes]:
        return [line async for line in BatchCommand(folder, COPIES).lines(outputs, 2)]

    assert asyncio.run(lines()) == [b'{"one": 1}', b'{"two": 2}']


def test_one_command_runs_at_a_time(folder: Path) -> None:
    waits = f"{sys.executable} -c 'import sys; sys.stdin.read(); import time; time.sleep(1)' {{input}} {{output}}"
    other = folder.parent / "2"
    other.mkdir()
    (other / f"{KEY}.jsonl").write_text("{}\n")
    assert look(folder, waits).words.endswith("has begun")
    assert look(folder, waits).words == "it is being answered"
    assert look(other, waits).words == "another batch is being answered"


def test_a_command_that_ends_without_answers_says_its_last_words_and_can_be_begun_again(folder: Path) -> None:
    look(folder, BREAKS)
    with pytest.raises(Unfit, match=r"ended without answers .… no room on the GPU.: mend that"):
        ended(folder, BREAKS)
    assert look(folder, COPIES).words.endswith("has begun")


def test_without_a_command_somebody_puts_the_answers_there(folder: Path) -> None:
    assert f"into {KEY}.output beside it" in look(folder, "").words
    output = folder / f"{KEY}.output"
    output.write_text("{}\n")
    assert look(folder, "").stage == Stage.RUNNING  # it may still be growing
    os.utime(output, (0, time.time() - 2 * STILL_S))
    assert look(folder, "").stage == Stage.ENDED


@pytest.mark.parametrize("command", ["", COPIES])
def test_a_file_that_is_gone_is_told(folder: Path, command: str) -> None:
    (folder / f"{KEY}.jsonl").unlink()
    assert look(folder, command).stage == Stage.GONE


@pytest.mark.parametrize(
    ("command", "model", "error", "words"),
    [
        ("vllm run-batch -i {input}", "m", Unfit, "names no {input} or no {output}"),
        ("", "", WrongModel, "need the name of their model"),
    ],
)
def test_what_is_missing_is_told_before_a_run_starts(
    folder: Path, command: str, model: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        asyncio.run(BatchCommand(folder, command).check(model))


def test_a_command_that_is_not_there_is_one_line(folder: Path) -> None:
    with pytest.raises(Unfit, match=r"nothing-here can't be started .No such file"):
        look(folder, "nothing-here {input} {output} {model} '{\"image\": 2}'")
