"""What the two commands that bring in purchases have in common."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from distillation.catalog.readers.records import CatalogError
from distillation.management.arguments import whole
from distillation.purchases.importing import MOST_PER_BUYER, PurchaseRequest, purchases_import

WHOLE = whole(least=0, most=999_999)
AGAIN = "mend that, then run the same command again: it goes on where it was"


class PurchaseCommand(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="plain, gzip or zstd")
        parser.add_argument(
            "--window", type=WHOLE, metavar="DAYS",
            help="make co-buys of what one buyer bought within so many days, and note when; 0: on one day",
        )  # fmt: skip
        parser.add_argument(
            "--max-per-buyer", type=WHOLE, default=MOST_PER_BUYER, metavar="N",
            help=f"buyers of more purchases make no co-buys ({MOST_PER_BUYER})",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print the account as one JSON object")

    def imported(self, options: dict[str, Any], **more: Any) -> None:
        names = ("paths", "window", "max_per_buyer")
        request = PurchaseRequest(**{name: options[name] for name in names}, **more)
        try:
            account = purchases_import(request, self._say)
        except CatalogError as error:
            raise CommandError(str(error)) from error
        except (OperationalError, InterfaceError) as error:
            raise CommandError(f"the database broke off ({str(error).strip().splitlines()[0]}); {AGAIN}") from error
        self.stdout.write(json.dumps(asdict(account)) if options["json"] else "\n".join(account.report()))

    def _say(self, line: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(line, style_func=str)
