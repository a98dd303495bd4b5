"""Put a backup back into an empty database, with its pictures; people erased since then are erased again."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import PeopleRefused
from mindsite.backup.places import chosen
from mindsite.backup.programs import BackupRefused
from mindsite.backup.restoring import backup_restore
from mindsite.backup.sealing import Seal


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the folder that `backup` was given (its newest), or one in it")
        parser.add_argument(
            "--key",
            type=Path,
            default=settings.BACKUP_KEY_FILE,
            help="what a sealed one was sealed with (BACKUP_KEY_FILE)",
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        try:
            seal = Seal.of(options["key"]) if options["key"] else None
            folder = chosen(options["path"].resolve())
            manifest, erased = backup_restore(folder, seal)
        except (BackupRefused, PeopleRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"path": str(folder), "tables": manifest.tables, "erased": erased}))
            return
        self.stdout.write(
            f"{folder} is back: {len(manifest.tables)} tables and {manifest.pictures:,} picture files, all equal"
            + (f"; {erased} people were erased again" if erased else "")
        )
