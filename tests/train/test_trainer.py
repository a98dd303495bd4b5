"""The trainer's process on the CPU: killed, resumed, refused."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from research.trainings.trainer.checkpoints import newest_whole
from tests.train.builders import base_made, data_written, heard, losses, spec_written, trainer, until_step


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("train")
    base_made(place / "base", data_written(place / "data"))
    return place


@pytest.fixture(scope="module")
def through(place: Path) -> dict[tuple[str, int], float]:
    """The losses of a training that nothing stopped."""
    folder = spec_written(place / "through", place / "data", place / "base")
    assert trainer(folder).wait() == 0
    return losses(folder)


@pytest.fixture(scope="module")
def killed(place: Path) -> Path:
    folder = spec_written(place / "killed", place / "data", place / "base")
    process = trainer(folder)
    until_step(process, folder, 25)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shutil.copytree(folder, place / "damaged")
    return folder


def test_a_killed_training_goes_on_as_if_nothing_had_been(killed: Path, through: dict) -> None:
    assert trainer(killed).wait() == 0
    assert [each["step"] for each in heard(killed, "resumed")] == [20]
    assert losses(killed) == through
    assert len(through) == 8 + 4  # every 5 of 40 steps, and validation every 10


def test_a_damaged_checkpoint_falls_back_to_the_one_before(killed: Path, place: Path, through: dict) -> None:
    folder = place / "damaged"
    optimizer = folder / "checkpoints/checkpoint-20/optimizer.pt"
    size = optimizer.stat().st_size
    os.truncate(optimizer, size // 2)
    assert trainer(folder).wait() == 0
    told = heard(folder, "resumed")[0]
    assert (told["step"], told["damaged"]) == (10, [[20, f"optimizer.pt has {size // 2:,} of {size:,} bytes"]])
    assert losses(folder) == through


def test_told_to_stop_it_ends_with_a_checkpoint_and_the_same_losses(place: Path, through: dict) -> None:
    folder = spec_written(place / "paused", place / "data", place / "base")
    process = trainer(folder)
    until_step(process, folder, 10)
    process.communicate(b"stop\n")
    assert process.returncode == 0
    (stopped,) = heard(folder, "stopped")
    assert newest_whole(folder / "checkpoints")[0][0] == stopped["step"] < 40
    assert trainer(folder).wait() == 0
    assert losses(folder) == through


def test_a_base_without_a_chat_template(place: Path) -> None:
    base = base_made(place / "bare", place / "data", "--no-template")
    folder = spec_written(place / "no-template", place / "data", base)
    assert trainer(folder).wait() == 2
    assert "has no chat template" in heard(folder, "refused")[0]["why"]


def test_no_token_to_train_on(place: Path) -> None:
    """A template that writes what was asked and never the answer."""
    asked_only = "{% for m in messages %}{% if m['role'] == 'user' %}{{ m['content'] }}{% endif %}{% endfor %}"
    folder = spec_written(place / "silent", place / "data", place / "base", chat_template=asked_only)
    assert trainer(folder).wait() == 2
    assert heard(folder, "refused")[0]["why"].startswith("No token would be trained on")
    assert not (folder / "checkpoints").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    (place := tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_disk_that_is_full_at_a_checkpoint(place: Path, small_disk: Path, through: dict) -> None:
    folder = spec_written(small_disk / "full", place / "data", place / "base")
    process = trainer(folder)
    until_step(process, folder, 15)
    with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(16_384))
    assert process.wait() == 1
    assert heard(folder, "failed")[0]["why"].startswith("The disk is full at")
    (small_disk / "filler").unlink()
    assert trainer(folder).wait() == 0
    assert [each["step"] for each in heard(folder, "resumed")] == [10]
    assert losses(folder) == through


def test_one_record_is_enough(place: Path) -> None:
    data = data_written(place / "one", train=1, validation=0)
    folder = spec_written(place / "single", data, place / "base", steps=4, log_every=2)
    assert trainer(folder).wait() == 0
    assert (heard(folder, "started")[0]["records"], heard(folder, "done")[0]["step"]) == (1, 4)


def test_what_wants_a_gpu_says_so(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    folder = spec_written(place / "qlora", place / "data", place / "base", qlora=True)
    assert trainer(folder).wait() == 2
    assert heard(folder, "refused")[0]["why"] == "--qlora needs a GPU: leave it away to train on the CPU"
