import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from distillation.catalog.intake.importing import catalog_import
from distillation.catalog.intake.indexing import indexes_make, indexes_owed
from distillation.catalog.intake.job import ImportRequest
from distillation.catalog.pictures.download import downloads_wake
from distillation.catalog.readers.formats import FORMATS
from distillation.catalog.readers.records import (
    COBUY_FIELDS,
    DEFAULT_FIELDS,
    CatalogError,
    CatalogFormat,
    Fields,
)
from distillation.management.arguments import whole

AGAIN = "run the same command again and it goes on where it was"
INDEXES_LATER = "a worker makes the indexes that are missing for quick searches; the catalog itself is complete"


class Command(BaseCommand):
    requires_system_checks = ()  # they would load every page first
    help = "Import products, co-buys and pictures. Running it again with the same files changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="product files: plain, gzip or zstd")
        parser.add_argument("--format", required=True, choices=sorted(FORMATS))
        parser.add_argument("--cobuys", type=Path, metavar="CSV", help="pairs bought together (asin_a,asin_b)")
        pictures = parser.add_mutually_exclusive_group()
        pictures.add_argument(
            "--images", type=Path, metavar="DIR", help="pictures, named in column image or called as the ASIN"
        )
        pictures.add_argument("--download-images", action="store_true", help="have the workers fetch the pictures")
        parser.add_argument("--category", default="", metavar="NAME", help="only products of this category")
        parser.add_argument(
            "--cobuy-fields", type=_fields, default=(), metavar="A,B",
            help=f"which of {', '.join(COBUY_FIELDS)} make co-buys (also_bought)",
        )  # fmt: skip
        parser.add_argument("--reciprocal-only", action="store_true", help="only pairs that both products name")
        parser.add_argument(
            "--max-per-product", type=whole(least=1), metavar="K", help="at most K co-buys of each product"
        )
        parser.add_argument("--sample", type=whole(least=1), metavar="N", help="N co-buys, each as likely as any other")
        parser.add_argument("--seed", type=int, default=0, metavar="S", help="of --sample and --max-per-product (0)")
        parser.add_argument("--json", action="store_true", help="print the account as one JSON object")

    def handle(self, **options: Any) -> None:
        request = _request(options)
        with _errors_told(AGAIN):
            account = catalog_import(request, self._say)
        if request.download:
            downloads_wake()
        self.stdout.write(json.dumps(asdict(account)) if options["json"] else "\n".join(account.report()))
        self.stdout.flush()
        if indexes_owed():
            self._say("The catalog is complete. Now the indexes for its pages are made; until then searches are slow.")
            with _errors_told(INDEXES_LATER):
                indexes_make(self._say)

    def _say(self, line: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(line, style_func=str)


@contextmanager
def _errors_told(then: str) -> Iterator[None]:
    try:
        yield
    except CatalogError as error:
        raise CommandError(str(error)) from error
    except OSError as error:  # pictures that can't be written, say
        raise CommandError(f"{error}; mend that, then {then}") from error
    except (OperationalError, InterfaceError) as error:
        raise CommandError(_database_trouble(error, then)) from error


def _fields(text: str) -> Fields:
    asked = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if unknown := [name for name in asked if name not in COBUY_FIELDS]:
        raise ArgumentTypeError(f"there is no field {unknown[0]}; known are {', '.join(COBUY_FIELDS)}")
    return asked


def _fields_of(form: CatalogFormat, asked: Fields) -> Fields:
    """In one order, for the same choice is the same import."""
    if lacking := [name for name in asked if name not in form.fields]:
        known = f"they have {', '.join(form.fields)}" if form.fields else "give their pairs with --cobuys"
        raise CommandError(f"Files of {form.name} have no field {lacking[0]}; {known}")
    return tuple(name for name in COBUY_FIELDS if name in asked) or DEFAULT_FIELDS


def _request(options: dict[str, Any]) -> ImportRequest:
    images = options["images"]
    if images and not images.is_dir():
        raise CommandError(f"{images} is no folder; give --images the folder of the pictures")
    names = ("paths", "cobuys", "images", "category", "reciprocal_only", "max_per_product", "sample", "seed")
    form = FORMATS[options["format"]]
    return ImportRequest(
        form=form,
        cobuy_fields=_fields_of(form, options["cobuy_fields"]),
        download=options["download_images"],
        **{name: options[name] for name in names},
    )


def _database_trouble(error: Exception, then: str) -> str:
    said = (str(error).strip().splitlines() or ["no reason given"])[0]
    if isinstance(error.__cause__, psycopg.errors.DiskFull):
        return f"the database's disk is full ({said}); free some space, then {then}"
    return f"the database broke off ({said}); see that it runs and has room on its disk, then {then}"
