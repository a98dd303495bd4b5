"""All coefficients of agreement of a long CSV: item, annotator, label."""

import json
import sys
from contextlib import nullcontext

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.exchange.agreement_csv import LEVELS, Columns, Unreadable, agreement_at, tallies_read
from stats.agreement.names import COEFFICIENTS


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()  # they would load every page first

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("csv", help="a CSV in UTF-8, packed by gzip or not; - for standard input")
        parser.add_argument(
            "--level",
            choices=LEVELS,
            required=True,
            help="the most that may be read into the labels: names, an order, or numbers with distances",
        )
        for name in Columns._fields:
            parser.add_argument(f"--{name}", default=name, metavar="COLUMN", help=f"default: {name}")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        columns = Columns(*(options[name] for name in Columns._fields))
        path, level = options["csv"], options["level"]
        name = "standard input" if path == "-" else path
        try:
            with nullcontext(sys.stdin.buffer) if path == "-" else open(path, "rb") as file:
                tallies = tallies_read(file, level, columns)  # type: ignore[arg-type]  # stdin's buffer can peek too
        except Unreadable as error:
            raise CommandError(f"{name}: {error}") from error
        except (OSError, ValueError) as error:  # a value error: a NUL in the path
            raise CommandError(f"{name} can't be read ({getattr(error, 'strerror', None) or error})") from error
        report = agreement_at(tallies, level)
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self._table(name, report)

    def _table(self, name: str, report: dict) -> None:
        sizes = {key: report[key] for key in ("items", "annotators", "labels")}
        self.stdout.write(f"{name}: " + ", ".join(f"{n:,} {what}" for what, n in sizes.items()))
        self.stdout.write(f"{report['pairable_items']:,} items have two labels or more.")
        if report["repeated_labels"]:
            self.stdout.write(f"{report['repeated_labels']:,} labels repeat an annotator on an item and do not count.")
        self.stdout.write(f"\n{'':36}{'value':>8}  95 % interval")
        self._rows({each.name: each.of(report) for each in COEFFICIENTS})
        self.stdout.write("\nShare of each label")
        self._rows(report["prevalence"])

    def _rows(self, leaves: dict[str, dict]) -> None:
        for title, leaf in leaves.items():
            value = "–" if leaf["value"] is None else f"{leaf['value']:.4f}"
            interval = "{:.4f} to {:.4f}".format(*leaf["ci95"]) if leaf["ci95"] else leaf.get("reason", "")
            self.stdout.write(f"{title:36}{value:>8}  {interval}")
