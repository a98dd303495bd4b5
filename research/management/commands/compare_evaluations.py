"""What changed from one evaluation to another, on the same questions, with co-buys as clusters."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from research.evaluations.comparing import evaluations_compare
from research.evaluations.refusals import EvaluationRefused
from research.evaluations.words import comparison_lines
from research.models import Evaluation


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("before", metavar="A", help="before, such as the base model")
        parser.add_argument("after", metavar="B", nargs="+", help="after; three trainings or more speak of the method")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        try:
            before, *after = (evaluation_named(name) for name in (options["before"], *options["after"]))
            made = evaluations_compare(before, after)
        except EvaluationRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(made.as_dict()) if options["json"] else "\n".join(comparison_lines(made)))


def evaluation_named(name: str) -> Evaluation:
    found = Evaluation.objects.filter(name=name).first()
    if found is None:
        raise EvaluationRefused(f"There is no evaluation named {name}")
    return found
