from argparse import ArgumentParser
from typing import Any

from distillation.management.purchasing import PurchaseCommand
from distillation.purchases.formats import REVIEWS


class Command(PurchaseCommand):
    help = "Import who bought what when, out of reviews. A review stands for a purchase at its time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", default="auto", choices=["auto", *REVIEWS], help="by its first lines (auto)")
        parser.add_argument("--verified-only", action="store_true", help="only reviews marked as of a purchase")

    def handle(self, **options: Any) -> None:
        self.imported(options, format=options["format"], verified_only=options["verified_only"])
