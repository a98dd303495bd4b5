"""Write a run's intentions as instruction data for a language model, in chat format, split by co-buy."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.refusals import ExportRefused
from knowledge.exports.selection import Selection
from knowledge.instructions.exporting import InstructionRequest, instructions_export, shares_parsed


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run")
        parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="a folder that is not there yet")
        parser.add_argument("--seed", type=int, default=0, metavar="S", help="of splits, phrasings and options (0)")
        parser.add_argument(
            "--threshold", type=float, metavar="X", help="kept from this p_yes on (the run's strictness)"
        )
        parser.add_argument("--with-images", action="store_true", help="also tasks with both pictures, copied along")
        parser.add_argument("--splits", default="0.8,0.1,0.1", metavar="SHARES", help="train, validation, test")
        parser.add_argument("--json", action="store_true", help="print the manifest")

    def handle(self, **options: Any) -> None:
        try:
            request = InstructionRequest(
                selection=Selection.checked(run=options["run"], threshold=options["threshold"]),
                shares=shares_parsed(options["splits"]),
                **{name: options[name] for name in ("output", "seed", "with_images")},
            )
            made = instructions_export(request)
        except ExportRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(made, ensure_ascii=False) if options["json"] else "\n".join(_told(made)))


def _told(made: dict[str, Any]) -> Iterator[str]:
    for title, groups in (("Split", made["records"]["by_split"]), ("Relation", made["records"]["by_relation"])):
        tasks = sorted({task for counts in groups.values() for task in counts})
        yield f"{title:14}" + "".join(f"{task:>26}" for task in tasks)
        for name, counts in groups.items():
            yield f"{name:14}" + "".join(f"{Counter(counts)[task]:26,}" for task in tasks)
    for reason, count in made["left_out"].items():
        yield f"Left out: {count:,} x {reason}"
