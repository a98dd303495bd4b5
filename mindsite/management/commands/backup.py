"""Database and pictures into a folder, while the site runs: the first time all of it, then what is new."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mindsite.backup.making import backup_make
from mindsite.backup.places import prune
from mindsite.backup.programs import BackupRefused
from mindsite.backup.sealing import Seal


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the folder of all backups; not under var/")
        parser.add_argument(
            "--key",
            type=Path,
            default=settings.BACKUP_KEY_FILE,
            help="seal it with what is in this file (BACKUP_KEY_FILE)",
        )
        parser.add_argument("--keep", type=int, help="afterwards only so many of the newest stay")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep: at least 1, the one that is made now")
        try:
            seal = Seal.of(options["key"]) if options["key"] else None
            folder, manifest = backup_make(options["path"].resolve(), seal)
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        gone = prune(options["path"].resolve(), options["keep"]) if options["keep"] else 0
        rows = sum(each[0] for each in manifest.tables.values())
        if options["json"]:
            told = {"path": str(folder), "rows": rows, "files": manifest.pictures, "pruned": gone}
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(
            f"{folder}: {rows:,} rows of {len(manifest.tables)} tables, {manifest.pictures:,} picture files"
            + (f"; {gone} older ones deleted" if gone else "")
        )
