"""Ask a model the questions of a benchmark; the same command goes on where an earlier one stopped."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from research.evaluations.refusals import EvaluationRefused
from research.evaluations.results import results_of
from research.evaluations.services import Settings, evaluation_ask, evaluation_forget_failed, evaluation_start
from research.evaluations.sets import question_set_load
from research.evaluations.words import evaluation_lines
from research.models import Evaluation
from research.questions.intentionqa import ASKED, NAME
from research.questions.prompts import MODES


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--benchmark", default=NAME, help=f"{NAME}, or a name for the questions of --data ({NAME})")
        parser.add_argument(
            "--data", required=True, type=Path, help=f"{NAME}'s folder, or a CSV or JSONL with question, options, gold"
        )
        parser.add_argument("--task", choices=list(ASKED), default="both", help=f"of {NAME} (both)")
        parser.add_argument("--mode", choices=list(MODES), default="zero-shot")
        parser.add_argument("--base-url", action="append", default=[], metavar="URL[,N]", help="N: calls in flight")
        parser.add_argument("--model", default="", help="as the server names it")
        parser.add_argument("--backend", choices=["openai", "baseline", "scripted"], default="openai")
        parser.add_argument("--options-only", action="store_true", help="take the question away: what is memorised?")
        parser.add_argument("--shuffle", type=int, metavar="S", help="options in an order drawn from this seed")
        parser.add_argument("--seed", type=int, metavar="S", help="sent with each call; none in the official run")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows of each task")
        parser.add_argument("--difficulty", type=Path, metavar="CSV", help="published scores: id,score")
        parser.add_argument("--retry-failed", action="store_true", help="ask failed calls again")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        try:
            with transaction.atomic():  # questions without an evaluation would be half of it
                evaluation = self._started(options)
            if options["retry_failed"]:
                evaluation_forget_failed(evaluation=evaluation)
            evaluation = evaluation_ask(evaluation=evaluation, progress=self._progress)
        except EvaluationRefused as error:
            raise CommandError(str(error)) from error
        results = results_of(evaluation)
        told = json.dumps(results.as_dict()) if options["json"] else "\n".join(evaluation_lines(results))
        self.stdout.write(told)

    def _started(self, options: dict[str, Any]) -> Evaluation:
        if options["backend"] == "openai" and not (options["base_url"] and options["model"]):
            raise EvaluationRefused("--base-url and --model: name the server and the model that it shall answer with")
        questions, tasks = question_set_load(
            benchmark=options["benchmark"],
            data=options["data"],
            task=options["task"],
            difficulty=options["difficulty"],
        )
        names = ("options_only", "shuffle", "seed", "limit")
        evaluation, _ = evaluation_start(
            name=options["name"],
            question_set=questions,
            settings=Settings.of(mode=options["mode"], tasks=tasks, **{name: options[name] for name in names}),
            backend=options["backend"],
            model=options["model"] if options["backend"] == "openai" else options["backend"],
            base_urls=options["base_url"],
        )
        return evaluation

    def _progress(self, done: int, of: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {of:,} answers", ending="\n" if done == of else "")
