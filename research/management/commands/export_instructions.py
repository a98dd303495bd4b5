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
from knowledge.instructions.exclusion import Excluded
from knowledge.instructions.exporting import InstructionRequest, instructions_export, shares_parsed
from knowledge.instructions.mixing import Mix, mix_parsed
from research.evaluations.excluding import benchmark_excluded
from research.questions.intentionqa import NAME


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
        parser.add_argument(
            "--mix", default="", metavar="TASK=SHARE,…", help="as generation=0.6,verdict=0.4; default: all there are"
        )
        parser.add_argument("--limit", type=int, metavar="N", help="records in all, at most")
        parser.add_argument("--balance", choices=["relation"], help="as evenly over relations as limit and mix allow")
        parser.add_argument(
            "--all-verdicts", action="store_true", help="as many yes and no as there are, not equally many"
        )
        parser.add_argument("--split-by", choices=["cobuy", "product"], default="cobuy")
        parser.add_argument(
            "--exclude-benchmark", action="append", default=[], metavar="NAME=DIR", help="leave out what it asks"
        )
        parser.add_argument(
            "--exclude-products", action="store_true", help="leave out its products, not only its pairs"
        )
        parser.add_argument("--json", action="store_true", help="print the manifest")

    def handle(self, **options: Any) -> None:
        try:
            _refuse_products_of_nothing(options)
            request = InstructionRequest(
                selection=Selection.checked(run=options["run"], threshold=options["threshold"]),
                shares=shares_parsed(options["splits"]),
                by_product=options["split_by"] == "product",
                mix=_mix(options),
                excluded=tuple(_excluded(text, options["exclude_products"]) for text in options["exclude_benchmark"]),
                **{name: options[name] for name in ("output", "seed", "with_images")},
            )
            made = instructions_export(request)
        except ExportRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(made, ensure_ascii=False) if options["json"] else "\n".join(_told(made)))


def _refuse_products_of_nothing(options: dict[str, Any]) -> None:
    if options["exclude_products"] and not options["exclude_benchmark"]:
        raise ExportRefused(f"--exclude-products: of which benchmark? Give --exclude-benchmark {NAME}=DIR too")


def _mix(options: dict[str, Any]) -> Mix:
    if (limit := options["limit"]) is not None and limit < 1:
        raise ExportRefused(f"--limit {limit}: give a number of records of at least 1")
    return Mix(
        shares=mix_parsed(options["mix"]),
        limit=limit,
        by_relation=options["balance"] == "relation",
        balanced_verdicts=not options["all_verdicts"],
        seed=options["seed"],
    )


def _excluded(text: str, products_too: bool) -> Excluded:
    """Of NAME=DIR. Raises ExportRefused."""
    name, _, folder = text.partition("=")
    if name != NAME or not folder:
        raise ExportRefused(f"--exclude-benchmark {text}: give {NAME}=DIR, the folder of its question files")
    return benchmark_excluded(Path(folder), products_too=products_too)


def _told(made: dict[str, Any]) -> Iterator[str]:
    for title, groups in (("Split", made["records"]["by_split"]), ("Relation", made["records"]["by_relation"])):
        tasks = sorted({task for counts in groups.values() for task in counts})
        yield f"{title:14}" + "".join(f"{task:>26}" for task in tasks)
        for name, counts in groups.items():
            yield f"{name:14}" + "".join(f"{Counter(counts)[task]:26,}" for task in tasks)
    for reason, count in made["left_out"].items():
        yield f"Left out: {count:,} x {reason}"
