"""Write a benchmark as tasks of lm-eval and inspect_ai, with the official prompts and rules."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.refusals import Refused
from research.evaluations.harness.exporting import RULES, harness_export
from research.questions.intentionqa import ASKED, NAME, intentionqa
from research.questions.plain import plain_benchmark
from research.questions.records import BenchmarkRefused


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--benchmark", default=NAME)
        parser.add_argument("--data", required=True, type=Path)
        parser.add_argument("--task", choices=list(ASKED), default="both", help=f"of {NAME} (both)")
        parser.add_argument("--mode", choices=list(RULES), default="zero-shot")
        parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="a folder that is not there yet")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        data, output = options["data"], options["output"]
        try:
            if options["benchmark"] == NAME:
                benchmark, tasks = intentionqa(data, ASKED[options["task"]]), ASKED[options["task"]]
            else:
                benchmark = plain_benchmark(data, options["benchmark"])
                tasks = tuple(sorted({question.task for question in benchmark.questions}))
            counts = harness_export(benchmark=benchmark, tasks=tasks, mode=options["mode"], output=output)
        except (Refused, BenchmarkRefused) as error:
            raise CommandError(str(error)) from error
        told = ", ".join(f"{n:,} questions of {task}" for task, n in counts.items())
        self.stdout.write(json.dumps(counts) if options["json"] else f"{output}: {told}, for lm-eval and inspect_ai")
