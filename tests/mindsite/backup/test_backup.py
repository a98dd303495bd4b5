"""A backup brings everything back, and says so only where that is proved."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from PIL import Image

from accounts.models import User
from accounts.services import user_create
from distillation.catalog.pictures.store import picture_store
from distillation.models import Picture
from mindsite import embedded
from mindsite.backup import tasks
from mindsite.backup.places import Manifest, backups
from mindsite.backup.tables import differences
from mindsite.backup.tasks import backup_if_due

RESTORED = "test_restored"


def jpeg(colour: str = "blue") -> bytes:
    out = BytesIO()
    Image.new("RGB", (90, 70), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def place(transactional_db: None, tmp_path: Path, settings) -> Path:
    settings.MEDIA_ROOT, settings.ERASURES_FILE = tmp_path / "media", tmp_path / "erasures.jsonl"
    user_create(username="anna", password="correct-horse", role=User.Role.ANNOTATOR)
    picture_store(jpeg())
    call_command("backup", tmp_path / "backups")
    return tmp_path / "backups"


@pytest.fixture
def empty_database() -> Iterator[None]:
    """The commands of the test go there."""
    usual = connection.settings_dict["NAME"]

    def turn_to(name: str) -> None:
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = name

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {RESTORED} TEMPLATE template0")
    turn_to(RESTORED)
    yield
    turn_to(usual)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {RESTORED} WITH (FORCE)")


def test_all_of_it_comes_back_into_an_empty_place(place: Path, empty_database: None, tmp_path: Path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "elsewhere"
    call_command("restore", place)
    assert list(User.objects.values_list("username", flat=True)) == ["anna"]
    picture = Picture.objects.get()
    assert default_storage.path(picture.name).startswith(str(tmp_path / "elsewhere"))
    call_command("verify")
    with pytest.raises(CommandError, match=r"database is not empty \(users are there\)"):
        call_command("restore", place)


def test_what_lies_there_is_not_copied_again_and_old_ones_go(place: Path) -> None:
    first = backups(place)[0]
    file = place / Picture.objects.get().name
    before = file.stat().st_mtime_ns
    first.rename(first.with_name("2020-01-01T00-00-00Z"))
    picture_store(jpeg(colour="red"))
    Picture.objects.order_by("pk")[0].delete()
    call_command("backup", place, keep=2)
    assert [Manifest.read(each).pictures for each in backups(place)] == [2, 2]  # a picture and its thumbnail
    assert file.stat().st_mtime_ns == before
    backups(place)[1].rename(backups(place)[1].with_name("2021-01-01T00-00-00Z"))
    call_command("backup", place, keep=1)
    assert len(backups(place)) == 1
    assert not file.exists()  # named by none of those that are left


@pytest.mark.parametrize("damaged", ["database.dump", "picture", "manifest.json"])
def test_a_damaged_backup_is_found_and_not_restored(damaged: str, place: Path) -> None:
    path = place / Picture.objects.get().name if damaged == "picture" else backups(place)[0] / damaged
    path.write_bytes(path.read_bytes()[:-20])
    for command in ("verify", "restore"):
        with pytest.raises(CommandError, match=r"missing or damaged|no finished backup"):
            call_command(command, place)
    assert User.objects.exists()


def test_pictures_that_are_gone_or_changed_here_are_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify")
    picture = Picture.objects.get()
    Path(default_storage.path(picture.thumbnail_name)).unlink()
    with pytest.raises(CommandError, match="1 files are missing or damaged"):
        call_command("verify")
    assert f"{picture.thumbnail_name} is missing" in capsys.readouterr().err


def test_tables_that_differ_are_named() -> None:
    wanted, found = {"a": [1, "7"], "b": [2, "8"], "c": [0, "0"]}, {"a": [1, "7"], "b": [2, "9"], "d": [0, "0"]}
    assert differences(wanted, found) == [
        "b: 2 rows in the backup, 2 rows here, not the same",
        "c: 0 rows in the backup, no such table here",
        "d: no such table in the backup, 0 rows here",
    ]


def test_a_sealed_one_is_read_by_nobody_without_its_key(
    transactional_db: None, tmp_path: Path, settings, monkeypatch
) -> None:
    settings.MEDIA_ROOT, place = tmp_path / "media", tmp_path / "backups"
    user_create(username="anna-of-the-test", password=None, role=User.Role.ANNOTATOR)
    picture_store(jpeg())
    ours, another = tmp_path / "key", tmp_path / "another"
    ours.write_text("k" * 44)
    another.write_text("j" * 44)
    call_command("backup", place, key=ours)
    call_command("backup", place.with_name("again"), key=ours)
    files = [path for path in place.rglob("*") if path.is_file() and path.suffix not in (".json", ".jsonl")]
    assert len(files) == 3
    assert not any(b"JFIF" in file.read_bytes() or b"PGDMP" in file.read_bytes() for file in files)
    call_command("verify", place, key=ours)
    for key in (None, another):
        with pytest.raises(CommandError, match="is sealed with the key"):
            call_command("restore", place, key=key)
    files[0].write_bytes(files[0].read_bytes()[:-1] + b"x")
    with pytest.raises(CommandError, match="1 files are missing or damaged"):
        call_command("verify", place, key=ours)


def test_a_sealed_one_comes_back(transactional_db: None, tmp_path: Path, settings, request) -> None:
    settings.MEDIA_ROOT, settings.ERASURES_FILE = tmp_path / "media", tmp_path / "erasures.jsonl"
    user_create(username="anna", password=None, role=User.Role.ANNOTATOR)
    picture_store(jpeg())
    settings.BACKUP_KEY_FILE = tmp_path / "key"
    settings.BACKUP_KEY_FILE.write_text("k" * 44)
    call_command("backup", tmp_path / "backups")
    request.getfixturevalue("empty_database")
    settings.MEDIA_ROOT = tmp_path / "elsewhere"
    call_command("restore", tmp_path / "backups")
    assert User.objects.get().username == "anna"
    call_command("verify")


def test_workers_make_one_a_day(transactional_db: None, tmp_path: Path, settings, monkeypatch) -> None:
    settings.MEDIA_ROOT, settings.BACKUP_PATH, settings.BACKUP_KEEP = tmp_path / "media", tmp_path / "daily", 1
    monkeypatch.setattr(embedded, "VAR", tmp_path)
    backup_if_due()
    backup_if_due()
    assert len(backups(tmp_path / "daily")) == 1
    settings.BACKUP_PATH = tmp_path / "media" / "none"
    settings.BACKUP_KEY_FILE = tmp_path / "no key"
    monkeypatch.setattr(tasks, "EVERY_S", 0)
    backup_if_due()  # says so in the log, and the worker goes on
    assert backups(settings.BACKUP_PATH) == []
