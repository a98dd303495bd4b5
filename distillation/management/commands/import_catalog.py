import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from distillation.catalog import csvfiles
from distillation.catalog.intake import catalog_import
from distillation.catalog.records import CatalogError, ProductRecord

READERS: dict[str, Callable[[Path], Iterator[ProductRecord]]] = {"csv": csvfiles.read_products}


class Command(BaseCommand):
    help = "Import products, co-buys and pictures. Running it again with the same files changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="product file (asin,title[,category][,image])"
        )
        parser.add_argument("--format", required=True, choices=sorted(READERS))
        parser.add_argument("--cobuys", type=Path, metavar="CSV", help="pairs bought together (asin_a,asin_b)")
        parser.add_argument(
            "--images", type=Path, metavar="DIR", help="pictures, named in column image or called as the ASIN"
        )
        parser.add_argument("--json", action="store_true", help="print the account as one JSON object")

    def handle(self, *, paths: list[Path], cobuys: Path | None, images: Path | None, **options: Any) -> None:
        if images and not images.is_dir():
            raise CommandError(f"{images} is no folder; give --images the folder of the pictures")
        try:
            account = catalog_import(
                products=chain.from_iterable(map(READERS[options["format"]], paths)),
                cobuys=csvfiles.read_cobuys(cobuys) if cobuys else (),
                images=images,
                say=self._say,
            )
        except CatalogError as error:
            raise CommandError(str(error)) from error
        except OSError as error:  # a full disk, say
            raise CommandError(f"{error}; nothing was imported: mend that and run it again") from error
        self.stdout.write(json.dumps(asdict(account)) if options["json"] else "\n".join(account.lines()))

    def _say(self, line: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(line, style_func=str)
