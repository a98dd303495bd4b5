"""Do a run's intentions predict what is bought together after a day? Its page has the figures."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.refusals import Refused
from distillation.management.arguments import day, whole
from distillation.management.control import run_named
from research.models import PurchaseTest
from research.purchases.services import Asked, purchase_test_make
from research.purchases.words import test_lines
from research.ranking.designs import DESIGNS


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--run", required=True, metavar="NAME")
        parser.add_argument(
            "--until", required=True, type=day, metavar="DAY",
            help="what was first bought after this day is to be predicted: 2018-09-01",
        )  # fmt: skip
        parser.add_argument("--design", choices=DESIGNS, default="transfer", help="naive leaks, and is called so")
        parser.add_argument("--negatives", choices=PurchaseTest.Negatives.values, default="random")
        parser.add_argument(
            "--seed", type=whole(least=0), default=0, metavar="S", help="of the wrong partners and resamples (0)"
        )
        parser.add_argument(
            "--model-released", type=day, metavar="DAY",
            help="when the run's model came out, where that is not known here",
        )  # fmt: skip
        parser.add_argument("--simulated", action="store_true", help="the purchases are made up: every page says so")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        names = ("name", "until", "design", "negatives", "seed", "model_released", "simulated")
        try:
            made = purchase_test_make(
                asked=Asked(run=run_named(options["run"]), **{name: options[name] for name in names}), say=self._say
            )
        except Refused as error:
            raise CommandError(str(error)) from error
        told = {"name": made.name, "design": made.design, "negatives": made.negatives, **made.results}
        self.stdout.write(json.dumps(told) if options["json"] else "\n".join(test_lines(made)))

    def _say(self, line: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(line, style_func=str)
