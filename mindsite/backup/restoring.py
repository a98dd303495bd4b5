"""A backup put back into an empty place, and proof that it is all there."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.base import File as StoredFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from annotation.desk.applying import erasures_apply
from distillation.models import Picture
from mindsite.backup import programs
from mindsite.backup.places import DUMP, Manifest, digest_of, files_read
from mindsite.backup.programs import BackupRefused
from mindsite.backup.tables import differences, tables_digest

FILLED = ("accounts.User", "distillation.Product", "distillation.Run", "annotation.Study")


def backup_restore(folder: Path) -> tuple[Manifest, int]:
    """Returns how many people were erased again, whom the backup had brought back."""
    manifest = Manifest.read(folder)
    _check(manifest, folder)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()
    programs.load(folder / DUMP)
    with transaction.atomic():
        if wrong := differences(manifest.tables, tables_digest()):
            raise BackupRefused(f"What was restored is not what was backed up: {'; '.join(wrong)}")
    _pictures_put(folder)
    call_command("migrate", verbosity=0)
    return manifest, erasures_apply(file=settings.ERASURES_FILE)


def _check(manifest: Manifest, folder: Path) -> None:
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
    for problem in problems_of(folder):
        raise BackupRefused(problem)
    tables = connection.introspection.table_names()
    for name in FILLED:
        model = apps.get_model(name)
        if model._meta.db_table in tables and model._default_manager.exists():
            raise BackupRefused(
                f"This database is not empty ({model._meta.verbose_name_plural} are there): restore into a new one, "
                "by DATABASE_URL or another MINDSITE_VAR"
            )


def problems_of(folder: Path) -> Iterator[str]:
    """Of a backup by itself: what is missing or damaged, a line each."""
    manifest = Manifest.read(folder)
    if not (folder / DUMP).exists() or digest_of(folder / DUMP) != manifest.dump_sha256:
        yield f"{folder / DUMP} is missing or damaged"
    else:
        programs.contents(folder / DUMP)
    n = 0
    for file in files_read(folder):
        n += 1
        path = folder.parent / file.name
        if not path.exists() or digest_of(path) != file.sha256:
            yield f"{path} is missing or damaged"
    if n != manifest.pictures:
        yield f"{folder} names {n:,} pictures, not {manifest.pictures:,}"


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


def _pictures_put(folder: Path) -> None:
    for file in files_read(folder):
        if not default_storage.exists(file.name):
            with (folder.parent / file.name).open("rb") as source:
                default_storage.save(file.name, StoredFile(source))
