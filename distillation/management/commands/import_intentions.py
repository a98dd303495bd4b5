import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from distillation.catalog.readers.records import CatalogError
from distillation.intentions.importing import IntentionImport, intentions_import
from distillation.intentions.layouts import LAYOUTS


class Command(BaseCommand):
    help = "Import intentions made elsewhere as a finished run. Running it again with the same file changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH", help="CSV or JSON lines: plain, gzip or zstd")
        parser.add_argument("--run", required=True, metavar="NAME", help="the run to be made")
        parser.add_argument("--format", default="auto", choices=["auto", *sorted(LAYOUTS)], help="auto: by the columns")
        parser.add_argument("--model", default="", metavar="M", help="who made them (default: the release's name)")
        parser.add_argument(
            "--create", action="store_true", help="make products (without picture) and co-buys that are not known"
        )
        parser.add_argument("--json", action="store_true", help="print the account as one JSON object")

    def handle(self, **options: Any) -> None:
        asked = {name: options[name] for name in ("path", "run", "format", "model", "create")}
        try:
            account = intentions_import(IntentionImport(**asked), self._say)
        except CatalogError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(asdict(account)) if options["json"] else "\n".join(account.report()))

    def _say(self, line: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(line, style_func=str)
