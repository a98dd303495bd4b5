"""Throw features away, so that runs ask for them again: a batch by its text, run, server or age."""

import json
from datetime import datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from distillation.features.services import FeatureChoice, features_discard
from distillation.models import Run


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contains", default="", metavar="TEXT", help="in the text or the raw reply")
        parser.add_argument("--run", default="", metavar="NAME", help="those that this run asked for")
        parser.add_argument("--server", default="", metavar="URL", help="the beginning of the server's URL")
        parser.add_argument("--since", default="", metavar="DATE", help="such as 2026-03-01 or 2026-03-01T12:00")
        parser.add_argument("--before", default="", metavar="DATE")
        parser.add_argument("--all", action="store_true", help="every feature there is")
        parser.add_argument("--dry-run", action="store_true", help="only say how many these are")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        choice = FeatureChoice(
            words=options["contains"],
            run=options["run"],
            server=options["server"],
            since=_moment("--since", options["since"]),
            before=_moment("--before", options["before"]),
        )
        if choice.is_all and not options["all"]:
            raise CommandError("Say which features: --contains, --run, --server, --since or --before; or --all")
        if choice.run and not Run.objects.filter(name=choice.run).exists():
            raise CommandError(f"There is no run named {choice.run}")
        n = choice.features().count() if options["dry_run"] else features_discard(choice=choice)
        done = "would be thrown away" if options["dry_run"] else "thrown away; runs that need them ask again"
        told = {"features": n, "discarded": not options["dry_run"]}
        self.stdout.write(json.dumps(told) if options["json"] else f"{n:,} features {done}")


def _moment(option: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = parse_datetime(text) or parse_date(text)
    except ValueError:
        at = None
    if at is None:
        raise CommandError(f"{option} {text}: give a date such as 2026-03-01, or with a time 2026-03-01T12:00")
    at = at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)
    return at if timezone.is_aware(at) else timezone.make_aware(at)
