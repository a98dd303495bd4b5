"""The options that choose co-buys, the same in every command that has them."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from distillation.catalog.selection import CatalogSelection, SelectionRefused, imports_parse
from distillation.management.arguments import day


def selection_add(parser: ArgumentParser, *, otherwise: str) -> None:
    """`otherwise`: which imports it is if none is named."""
    group = parser.add_argument_group("which co-buys")
    group.add_argument(
        "--imports", default="", metavar="1,2", help=f"those that these imports brought, or all; without: {otherwise}"
    )
    group.add_argument(
        "--categories", action="append", default=[], metavar="A,B", help="those both of whose products are of them"
    )
    for name, words in (("--since", "from this day on: 2026-01-31"), ("--until", "up to this day, which is within")):
        group.add_argument(name, type=day, metavar="DAY", help=f"those that came into the catalog {words}")


def selection_asked(options: dict) -> CatalogSelection:
    named = {name: options[name] for name in ("categories", "since", "until")}
    try:
        return CatalogSelection.checked(imports=imports_parse(options["imports"]), **named)
    except SelectionRefused as error:
        raise CommandError(str(error)) from error
