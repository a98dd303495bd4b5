"""Whether every picture is there and whole: this site's, or those of a backup together with its dump."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mindsite.backup.places import chosen
from mindsite.backup.programs import BackupRefused
from mindsite.backup.restoring import problems_here, problems_of
from mindsite.backup.sealing import Seal

SHOWN = 20


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, nargs="?", help="a backup; without it this site is looked at")
        parser.add_argument(
            "--key",
            type=Path,
            default=settings.BACKUP_KEY_FILE,
            help="what a sealed one was sealed with (BACKUP_KEY_FILE)",
        )

    def handle(self, **options) -> None:
        try:
            seal = Seal.of(options["key"]) if options["key"] else None
            folder = chosen(options["path"].resolve()) if options["path"] else None
            problems = list(problems_of(folder, seal) if folder else problems_here())
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if problems:
            for line in problems[:SHOWN]:
                self.stderr.write(line)
            raise CommandError(f"{len(problems):,} files are missing or damaged")
        self.stdout.write(f"{folder or 'All pictures'}: nothing is missing, nothing is damaged")
