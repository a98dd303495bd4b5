"""What the trainer does before torch is loaded."""

import json
from pathlib import Path

import pytest

from research.trainings.trainer.checkpoints import SEAL, damage, newest_whole, seal, unfinished_remove
from research.trainings.trainer.data import data_checked
from research.trainings.trainer.events import Events, Refused, read_events
from research.trainings.trainer.main import main
from research.trainings.trainer.spec import Spec
from tests.research.trainings.builders import CHAT, data


def checkpoint(place: Path, step: int) -> Path:
    folder = place / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "optimizer.pt").write_bytes(b"0123456789")
    seal(folder)
    return folder


def test_a_sealed_checkpoint_is_whole(tmp_path: Path) -> None:
    assert damage(checkpoint(tmp_path, 1)) == ""


def test_damage_is_told(tmp_path: Path) -> None:
    short, changed, gone, unsealed = (checkpoint(tmp_path, step) for step in range(4))
    (short / "optimizer.pt").write_bytes(b"0123")
    (changed / "optimizer.pt").write_bytes(b"0123456780")
    (gone / "optimizer.pt").unlink()
    (unsealed / SEAL).unlink()
    assert [damage(each) for each in (short, changed, gone, unsealed)] == [
        "optimizer.pt has 4 of 10 bytes",
        "optimizer.pt has other content than was written",
        "optimizer.pt is missing",
        "it was not written to its end",
    ]


def test_the_newest_whole_one_is_taken_by_number(tmp_path: Path) -> None:
    for step in (9, 20, 100):
        checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-100" / "optimizer.pt").unlink()
    assert newest_whole(tmp_path) == ((20, tmp_path / "checkpoint-20"), [(100, "optimizer.pt is missing")])
    assert not (tmp_path / "checkpoint-100").exists()
    assert newest_whole(tmp_path / "none") == (None, [])


def test_what_a_full_disk_left_is_removed(tmp_path: Path) -> None:
    whole, half = checkpoint(tmp_path, 10), checkpoint(tmp_path, 20)
    (half / SEAL).unlink()
    unfinished_remove(tmp_path)
    assert (whole.exists(), half.exists()) == (True, False)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({**CHAT, "images": []}, "line 2: it has pictures (images)"),
        ({"messages": CHAT["messages"][:1]}, "line 2: the last message must be the assistant's"),
        ({"text": "x"}, "line 2: messages must be a list"),
        (["x"], "line 2: a record must be an object"),
    ],
)
def test_a_record_that_cannot_be_learnt_is_named(tmp_path: Path, record: object, why: str) -> None:
    with pytest.raises(Refused) as refused:
        data_checked(data(tmp_path, CHAT, record))
    assert why in str(refused.value)


def test_data_are_counted_and_held_against_their_manifest(tmp_path: Path) -> None:
    folder = data(tmp_path, CHAT)
    assert (data_checked(folder).train, data_checked(folder).validation) == (1, 0)
    (folder / "manifest.json").write_text(json.dumps({"files": [{"name": "train.jsonl", "sha256": "0" * 64}]}))
    with pytest.raises(Refused, match="is not the file that manifest"):
        data_checked(folder)


def test_no_record_at_all(tmp_path: Path) -> None:
    (folder := tmp_path / "d").mkdir()
    (folder / "train.jsonl").touch()
    with pytest.raises(Refused, match="has no record"):
        data_checked(folder)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"rank": 0}, "--rank 0"), ({"steps": 0}, "--steps 0"), ({"epochs": 0}, "--epochs 0"), ({"lr": 1}, "--lr 1"),
        ({"seed": -1}, "--seed -1"), ({"save_every": 15}, "--save-every 15: give a multiple"), ({}, ""),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(more: dict, why: str) -> None:
    problem = Spec(name="t", data="d", base="b", **more).problem()
    assert problem.startswith(why) if why else problem == ""


def test_half_a_line_of_a_killed_process_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    Events(path).say("loss", step=1)
    with path.open("a") as file:
        file.write('{"event": "lo')
    assert [each["step"] for each in read_events(path)[0]] == [1]
    Events(path).say("loss", step=2)
    assert [each["step"] for each in read_events(path)[0]] == [1, 2]


def test_refused_data_end_the_process_before_torch_is_loaded(tmp_path: Path) -> None:
    (folder := tmp_path / "t").mkdir()
    Spec(name="t", data=str(tmp_path), base="b").write(folder)
    assert main(folder) == 2
    assert read_events(folder / "events.jsonl")[0][0]["why"].startswith(f"{tmp_path}/train.jsonl is missing")
