"""Delete what nobody needs any more: old sessions, tokens, kept answers, uploads, treated pictures, steps of runs.

A worker does so every six hours; docs/operators.md has the list. Judgments, runs, people and the trail stay.
"""

import json

from django.core.management.base import BaseCommand, CommandParser

from mindsite.retention.policy import cleared


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        found = list(cleared(dry=options["dry_run"]))
        if options["json"]:
            self.stdout.write(json.dumps(dict(found)))
            return
        for what, n in found:
            self.stdout.write(f"{n:>10,} {what}")
        self.stdout.write("Nothing was deleted" if options["dry_run"] else "Done")
