"""A stopped site's folder goes elsewhere whole, or stays."""

import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mindsite import embedded
from mindsite.management.commands import move
from mindsite.supervision.instances import Instance, Record


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "var"
    (folder / "run").mkdir(parents=True)
    (folder / "secret_key").write_text("s")
    os.symlink("nowhere", folder / "link")
    monkeypatch.setattr(embedded, "VAR", folder)
    return folder


def test_it_moves(var: Path, tmp_path: Path) -> None:
    call_command("move", tmp_path / "new" / "place")
    assert (tmp_path / "new" / "place" / "secret_key").read_text() == "s"
    assert not var.exists()


def test_to_another_disk_it_is_copied_and_the_old_one_put_aside(var: Path, tmp_path: Path) -> None:
    move._copy(var, tmp_path / "there")
    assert (tmp_path / "there" / "secret_key").read_text() == "s"
    assert (tmp_path / "var.moved" / "secret_key").exists()


def test_what_runs_or_is_there_is_refused(var: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is there already"):
        call_command("move", tmp_path)
    instance = Instance(var / "run", "site")
    Record(pid=os.getpid()).write(instance.record)
    with instance.alone(), pytest.raises(CommandError, match=r"manage\.py stop"):
        call_command("move", tmp_path / "new")
    assert (var / "secret_key").exists()
