"""One backup, made while the site runs: the database as of one moment, and every picture that it names."""

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from common.version import __version__
from distillation.models import Picture
from mindsite import embedded
from mindsite.backup import programs
from mindsite.backup.places import DUMP, File, Manifest, digest_of, files_write, known_files, stored, write
from mindsite.backup.programs import BackupRefused
from mindsite.backup.sealing import Seal
from mindsite.backup.tables import tables_digest

LAST = "last_backup.json"  # in `var`, for /metrics


def backup_make(place: Path, seal: Seal | None = None) -> tuple[Path, Manifest]:
    at = datetime.now(UTC)
    folder = place / at.strftime("%Y-%m-%dT%H-%M-%SZ")
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise BackupRefused(f"{folder} can't be made: {error.strerror}") from error
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        key = seal.id if seal else ""
        write(stored(folder / DUMP, key), programs.dump(cursor.fetchone()[0]), seal)
        tables, names = tables_digest(), list(_names())
        migrations = [".".join(each) for each in MigrationRecorder(connection).applied_migrations()]
    known = known_files(place)
    files = [_copied(name, place, known, seal) for name in names]
    files_write(folder, files)
    manifest = Manifest(
        at=at.isoformat(timespec="seconds"),
        version=__version__,
        migrations=sorted(migrations),
        tables=tables,
        dump_sha256=digest_of(folder / DUMP, seal),
        pictures=len(files),
        picture_bytes=sum(each.size for each in files),
        more={"key": key} if key else {},
    )
    manifest.write(folder)
    (embedded.VAR / LAST).write_text(json.dumps({"at": at.timestamp(), "path": os.fspath(folder)}))
    return folder, manifest


def last_backup() -> float:
    """Seconds since 1970; 0 where none was made from here."""
    try:
        return float(json.loads((embedded.VAR / LAST).read_text())["at"])
    except (OSError, ValueError, KeyError):
        return 0.0


def _names() -> Iterator[str]:
    for picture in Picture.objects.order_by("pk").iterator():
        yield picture.name
        yield picture.thumbnail_name


def _copied(name: str, place: Path, known: dict[str, File], seal: Seal | None) -> File:
    """Its name is its content's digest: one that lies there whole is the same."""
    path, before = stored(place / name, seal.id if seal else ""), known.get(name)
    if before and before.lies_whole_in(place, seal):
        return before
    try:
        with default_storage.open(name) as file:
            data = file.read()
    except OSError as error:
        raise BackupRefused(f"The picture {name} can't be read ({error.strerror}); `verify` names all such") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    write(draft, [data], seal)
    draft.replace(path)
    return File(name, len(data), hashlib.sha256(data).hexdigest())
