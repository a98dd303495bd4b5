"""A backup put back into an empty place, and proof that it is all there."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from annotation.desk.applying import erasures_apply
from distillation.models import Picture
from mindsite.backup import programs
from mindsite.backup.places import DUMP, Manifest, content, digest_of, files_read, seal_of
from mindsite.backup.programs import BackupRefused
from mindsite.backup.sealing import Seal
from mindsite.backup.tables import differences, tables_digest

FILLED = ("accounts.User", "distillation.Product", "distillation.Run", "annotation.Study")


def backup_restore(folder: Path, seal: Seal | None = None) -> tuple[Manifest, int]:
    """Returns how many people were erased again, whom the backup had brought back."""
    manifest, seal = Manifest.read(folder), seal_of(folder, seal)
    _check(manifest, folder, seal)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()
    programs.load(content(folder / DUMP, seal))
    with transaction.atomic():
        if wrong := differences(manifest.tables, tables_digest()):
            raise BackupRefused(f"What was restored is not what was backed up: {'; '.join(wrong)}")
    _pictures_put(folder, seal)
    call_command("migrate", verbosity=0)
    return manifest, erasures_apply(file=settings.ERASURES_FILE)


def _check(manifest: Manifest, folder: Path, seal: Seal | None) -> None:
    """Before anything is touched."""
    loader = MigrationLoader(None)
    ours = {".".join(key) for key in loader.disk_migrations} | {".".join(key) for key in loader.replacements}
    apps_of_ours = {config.label for config in apps.get_app_configs()}
    newer = [each for each in manifest.migrations if each not in ours and each.partition(".")[0] in apps_of_ours]
    if newer:
        raise BackupRefused(
            f"{folder} was made by a newer version ({manifest.version}): this one does not know {newer[0]}; "
            "install that version and restore there"
        )
    for problem in problems_of(folder, seal):
        raise BackupRefused(problem)
    tables = connection.introspection.table_names()
    for name in FILLED:
        model = apps.get_model(name)
        if model._meta.db_table in tables and model._default_manager.exists():
            raise BackupRefused(
                f"This database is not empty ({model._meta.verbose_name_plural} are there): restore into a new one, "
                "by DATABASE_URL or another MINDSITE_VAR"
            )


def problems_of(folder: Path, seal: Seal | None = None) -> Iterator[str]:
    """Of a backup by itself: what is missing or damaged, a line each."""
    manifest, seal = Manifest.read(folder), seal_of(folder, seal)
    if not _is_whole(folder / DUMP, manifest.dump_sha256, seal):
        yield f"{folder / DUMP} is missing or damaged"
    else:
        programs.contents(content(folder / DUMP, seal))
    n = 0
    for file in files_read(folder):
        n += 1
        if not _is_whole(folder.parent / file.name, file.sha256, seal):
            yield f"{folder.parent / file.name} is missing or damaged"
    if n != manifest.pictures:
        yield f"{folder} names {n:,} pictures, not {manifest.pictures:,}"


def _is_whole(path: Path, sha256: str, seal: Seal | None) -> bool:
    try:
        return digest_of(path, seal) == sha256
    except (OSError, BackupRefused):
        return False


def problems_here() -> Iterator[str]:
    """Of the pictures that this site's database names."""
    for picture in Picture.objects.order_by("pk").iterator():
        missing = [name for name in (picture.name, picture.thumbnail_name) if not default_storage.exists(name)]
        yield from (f"{name} is missing" for name in missing)
        if not missing and _stored_digest(picture.name) != picture.digest:
            yield f"{picture.name} is damaged"


def _stored_digest(name: str) -> str:
    with default_storage.open(name) as file:
        return hashlib.sha256(file.read()).hexdigest()


def _pictures_put(folder: Path, seal: Seal | None) -> None:
    for file in files_read(folder):
        if not default_storage.exists(file.name):
            default_storage.save(file.name, ContentFile(b"".join(content(folder.parent / file.name, seal))))
