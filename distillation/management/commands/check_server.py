"""Ask a model server what it can do, and say what each thing that it can't do costs a run."""

import json

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distillation.runs.servers import report_row, servers_report
from distillation.runs.services import RunRefused, RunSettings


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", metavar="URL", help="with or without /v1")
        parser.add_argument("--model", default="", help="as the server names it; default: the only one it serves")
        parser.add_argument("--no-images", action="store_true", help="for a run on titles alone")
        parser.add_argument("--side-by-side", action="store_true", help="for a run with both pictures on one canvas")
        parser.add_argument("--max-tokens", type=int, default=512, help="for an answer")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options) -> None:
        try:
            asked = RunSettings.checked(
                relations="open",
                limit=None,
                with_images=not options["no_images"],
                side_by_side=options["side_by_side"],
                max_tokens=options["max_tokens"],
            )
            (report,) = servers_report(
                model=options["model"], base_urls=[options["url"]], config=asked.as_config(), any_server=True
            )
        except RunRefused as error:
            raise CommandError(str(error)) from error
        row = report_row(report)
        self.stdout.write(json.dumps(row) if options["json"] else "\n".join(_lines(row)))
        if not row["ok"]:
            raise CommandError(row["problem"])


def _lines(row: dict) -> list[str]:
    if not row["ok"]:
        return row["costs"]
    head = f"{row['url']} serves {row['model']} and can be used ({row['calls']} calls made)."
    if context := row["abilities"]["context"]:
        head = f"{head[:-1]}, with room for {context:,} tokens."
    return [head, *(f"  {cost}" for cost in row["costs"]), f"  it said: {' '.join(row['example'].split())}"]
